"""What a chat does, measured beside other servers: the studies behind docs/performance.md."""
