"""The terminal UI: it observes the engine and decides nothing."""
