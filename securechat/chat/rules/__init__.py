"""Who may do what, and what follows from it."""
