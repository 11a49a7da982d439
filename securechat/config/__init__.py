"""The configuration: every key with its type, its default, its documentation and what it accepts.

A key has one definition: the file, the environment form, `config show|default` and every error
text come from it. Only keys that do something are there.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from securechat.config.key import PREFIX, Field, Key, Section, Value, sections_of
from securechat.config.sections import Argon2Section, Config

__all__ = ["PREFIX", "Argon2Section", "Config", "Field", "Key", "Section", "Value", "fields", "sections"]


@cache
def sections() -> Sequence[Section]:
    """Return every section in the order of the file; the tables inside a table follow it."""
    return tuple(sections_of(Config))


@cache
def fields() -> Mapping[str, Field]:
    """Return every key by its name."""
    return {field.name: field for section in sections() for field in section.fields}
