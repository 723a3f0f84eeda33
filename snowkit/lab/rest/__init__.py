"""The REST APIs of the emulated instance, one a file."""
