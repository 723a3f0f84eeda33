"""An emulated ServiceNow instance and platform behind real sockets; FACTS.md says what of the real ones it imitates."""
