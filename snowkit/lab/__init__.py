"""An emulated ServiceNow instance and platform; FACTS.md says row by row what of the real ones it imitates."""
