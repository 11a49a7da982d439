"""The rules of the chat: a core that does no I/O, reads no clock and draws no random number.

Items go in (`items`), outcomes come out (`effects`, `records`); threads, sockets and the database are
somebody else's.
"""
