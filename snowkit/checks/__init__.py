"""What is probed on an instance: one topic a file, and the list of topics."""
