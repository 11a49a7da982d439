"""The size benchmark: a server of many years, and one with a tenth of that."""
