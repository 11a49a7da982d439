"""What can be wrong with a store before it is open. The texts are for the person who runs the server."""


class StorageError(Exception):
    """The store cannot be used as it is; the text says what to do."""


class DatabaseAway(StorageError):
    """The database's server cannot be reached now, or has no place for one more: that may pass by itself."""


class BadExport(StorageError):
    """A file is no export, or not one that can be imported here. The text names the line."""


class SchemaRefused(StorageError):
    """The database's schema is not one that this program can use or bring up to date."""


class RecordMismatch(StorageError):
    """A record speaks of something that the database does not hold: memory and store have come apart."""


def in_one_line(error: object) -> str:
    """Return an error's text as it fits into a sentence."""
    return "; ".join(line for line in map(str.strip, str(error).splitlines()) if line)
