"""The server and its machine: running, installing, watching, certificates and configuration."""
