"""What client and server say to each other, without I/O: bytes go in, events and bytes come out."""
