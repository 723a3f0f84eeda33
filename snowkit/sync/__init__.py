"""The end-to-end proof: a canary case goes round, or it is said where on the way it stopped."""
