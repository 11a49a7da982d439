"""The plain client: lines on a terminal or through pipes."""
