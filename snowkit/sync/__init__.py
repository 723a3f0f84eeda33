"""The end-to-end proof: a canary record goes round, or we know where it stopped."""
