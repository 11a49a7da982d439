"""What the client keeps on this computer, in files that are its user's alone."""
