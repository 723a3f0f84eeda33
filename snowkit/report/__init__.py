"""A report as text: one format a file."""
