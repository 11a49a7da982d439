"""The running server, put together: its configuration, its certificates and its chores."""
