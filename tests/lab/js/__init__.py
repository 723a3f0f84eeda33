"""Tests of the emulated instance's scripts."""
