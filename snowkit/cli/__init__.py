"""The commands, one file each; the only owner of stdout, stderr and exit codes."""
