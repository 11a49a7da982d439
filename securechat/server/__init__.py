"""Threads and sockets: listeners, TLS workers, the hub, job pools and the control socket.

Theory of operation. Each thread owns things and nobody shares. A listener accepts, a worker owns its TLS
connections from the first byte to the last, and the hub owns the chat. Workers hand the hub values through
one inbox; the hub hands them bytes through each connection's SendQ. There is no lock around chat state,
because only the hub's turn touches it. Where something says "the hub's thread", it means the one that takes
the turn, which may be a worker that has nothing else to do (`seat`).
"""
