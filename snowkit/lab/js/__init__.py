"""The JavaScript engine of the emulated instance, in a worker process with a deadline."""
