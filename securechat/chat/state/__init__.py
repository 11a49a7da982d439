"""What is true now: accounts, sessions and users, channels. Only the hub's thread touches it."""
