"""What a key of the configuration is: its type, its default, its documentation and what it accepts."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

PREFIX: Final = "SECURECHAT_"

Value = str | int | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """What is told of a key: its documentation, and what it accepts where the type does not say it.

    A `live` key is applied by a reload; `path` marks the path of a file; `secret` a value that may hold a
    password and is not shown; `check` raises ValueError for what the type cannot exclude.
    """

    description: str
    accepts: str = ""
    live: bool = False
    path: bool = False
    secret: bool = False
    check: Callable[[tuple[str, ...]], None] | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One key: its name (`server.port`), the type that msgspec checks, its default and what is told of it."""

    name: str
    type: object
    default: Value
    key: Key

    @property
    def variable(self) -> str:
        """The environment form: SECURECHAT_SERVER__PORT."""
        return PREFIX + self.name.replace(".", "__").upper()

    @property
    def accepts(self) -> str:
        """What a value may be, for an error text."""
        if self.key.accepts:
            return self.key.accepts
        kind, *constraints = get_args(self.type)
        if get_origin(kind) is Literal:
            *others, last = (f'"{choice}"' for choice in get_args(kind))
            return f"{', '.join(others)} or {last}" if others else last
        for constraint in constraints:
            if isinstance(constraint, Meta):
                return f"a number from {constraint.ge} to {constraint.le}"
        return "true or false"


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the file, its documentation and its keys."""

    name: str
    description: str
    fields: Sequence[Field]


def sections_of(struct: type[Struct], name: str = "") -> Iterator[Section]:
    """Every table of a structure, in the order of the file; the tables inside a table follow it."""
    own: list[Field] = []
    inner: list[Section] = []
    for info in msgspec.structs.fields(struct):
        path = f"{name}.{info.name}" if name else info.name
        if isinstance(info.type, type) and issubclass(info.type, Struct):
            inner.extend(sections_of(info.type, path))
        else:
            (key,) = (part for part in get_args(info.type) if isinstance(part, Key))
            own.append(Field(path, info.type, info.default, key))
    if own:
        yield Section(name, inspect.cleandoc(struct.__doc__ or ""), own)
    yield from inner
