"""What the server keeps, on its way out and in: backups, exports and other databases."""
