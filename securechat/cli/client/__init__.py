"""Commands of those who chat: connecting, joining, sending and reading."""
