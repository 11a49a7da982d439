"""The store (SQLAlchemy Core: SQLite now), its migrations, the data directory's lock, and password hashing.

`sqlite` opens the store, `passwords` hashes, `lock` locks; each is imported where it is needed, since
SQLAlchemy takes its time.
"""
