"""Checks, findings and runs; knows no table and no template."""
