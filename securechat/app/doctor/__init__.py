"""What is wrong with a server, why that matters, and what mends it. Nothing is changed by looking."""
