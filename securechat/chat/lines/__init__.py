"""How facts look to a client, and who gets to see them."""
