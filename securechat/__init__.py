"""A private chat server and a terminal client that people can trust: TLS 1.3, accounts, IRCv3."""

__version__ = "0.1.0"
