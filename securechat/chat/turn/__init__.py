"""One command's turn: what a rule may do, and how its answer leaves."""
