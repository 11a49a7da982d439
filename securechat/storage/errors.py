"""What can be wrong with a store before it is open. The texts are for the person who runs the server."""


class StorageError(Exception):
    """The store cannot be used as it is; the text says what to do."""


class BadExport(StorageError):
    """A file is no export, or not one that can be imported here. The text names the line."""


class SchemaRefused(StorageError):
    """The database's schema is not one that this program can use or bring up to date."""


class RecordMismatch(StorageError):
    """A record speaks of something that the database does not hold: memory and store have come apart."""
