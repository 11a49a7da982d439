"""The command line: the only part that sees all others, and the place where the server is put together."""
