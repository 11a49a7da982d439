"""The wire: IRC lines as pure functions and values, shared by the server and the client.

Nothing here does I/O, reads a clock or draws a random number, and any thread may call any function.
Specifications: modern.ircdocs.horse for the line; IRCv3 `message-tags`, `server-time`, `message-ids`,
`sasl-3.1` and `utf8-only` for what rides on it; RFC 8265 and UTS 39 for names.
"""
