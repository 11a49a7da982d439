"""Reaching a server and being sure that it is the right one: TLS, trust, device keys, the I/O thread."""
