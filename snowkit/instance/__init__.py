"""The only package that speaks HTTP to an instance."""
