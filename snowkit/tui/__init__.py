"""The terminal UI: observes the engine, decides nothing."""
