"""An emulated ServiceNow instance and platform behind real sockets."""
