"""Business rules as records and scripts."""
