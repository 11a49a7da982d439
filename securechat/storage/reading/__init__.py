"""Queries about the past, for the query threads."""
