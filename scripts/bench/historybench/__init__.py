"""The history benchmark: reading and searching a large database."""
