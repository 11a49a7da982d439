"""The command line: the only part that sees all others."""
