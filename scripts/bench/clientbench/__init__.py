"""The benchmark of the terminal app: see `scripts/bench/client --help`."""
