"""Where the values of the configuration come from: an option, the environment, the file, the default.

The first of these that has a key wins. In the environment `auth.argon2.time_cost` is written
SECURECHAT_AUTH__ARGON2__TIME_COST; values are written as in TOML there, texts without quotes. A relative
path in the file starts at the file's directory, elsewhere at the working directory. Every value that was
given is checked, also one that another overrides, and all problems are reported together.
"""

import difflib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from securechat.app.checks import check_value, is_for_others
from securechat.config import PREFIX, Config, Field, Value, fields, sections
from securechat.log import UNSAFE, escape

# The options of `securechat server` that set a key.
OPTIONS: Final = {
    "--host": "server.host",
    "--port": "server.port",
    "--cert": "tls.certificate",
    "--key": "tls.key",
}

STDIN: Final = Path("-")
"""In the place of a file: standard input."""
STANDARD_INPUT: Final = "standard input"

_LONGEST: Final = 1 << 20
"""Bytes of a configuration."""

_PASSWORD: Final = re.compile(r"(?<=:)(?!//)[^/@]*(?=@)|(?<=[?&]password=)[^&]*|(?<=[?&]sslpassword=)[^&]*")


class ConfigError(Exception):
    """The configuration cannot be used; each of `problems` says what is wrong and where it came from."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Loaded:
    """The configuration in force; `origins` says for every key that was given where its value came from."""

    config: Config
    file: Path | None
    origins: Mapping[str, str]


def load(
    file: Path | None,
    environment: Mapping[str, str],
    options: Mapping[str, str | int | None],
    working: Path = Path(),
) -> Loaded:
    """Find every key's value. Raises ConfigError.

    `file` must exist, or be STDIN; `options` are those of the command line by their names (see OPTIONS), None
    for those that were not given. `working` is the working directory, where it may be gone by now.
    """
    reading = _Reading(working)
    if file is not None:
        where = STANDARD_INPUT if file == STDIN else str(file)
        reading.read_table(_parse(file, where), where, file.parent, "")
    reading.read_environment(environment)
    reading.read_options(options)
    return reading.finish(file)


@dataclass(frozen=True, slots=True)
class Change:
    """What a reload makes of a new configuration: `config` is in force then; `pending` needs a restart."""

    config: Config
    applied: Sequence[str]
    pending: Sequence[str]


def change(old: Config, new: Config) -> Change:
    """Take over the keys of `new` that can change while the server runs."""
    before, after = _flat(old), _flat(new)
    changed = [field for field in fields().values() if before[field.name] != after[field.name]]
    applied = [field.name for field in changed if field.key.live]
    pending = [field.name for field in changed if not field.key.live]
    return Change(_nested({**before, **{name: after[name] for name in applied}}), applied, pending)


def defaults_as_toml() -> str:
    """Return a file with every key, its documentation and its default, commented out."""
    lines = [
        "# The configuration of securechat. Every key is here with its default: uncomment those to change.",
        f"# Each has a form for the environment, too: server.port is {fields()['server.port'].variable}.",
    ]
    for section in sections():
        lines += ["", f"# {section.description}", f"[{section.name}]"]
        for field in section.fields:
            restart = "" if field.key.live else " A change needs a restart."
            lines += [f"# {field.key.description}{restart}", f"#{_assignment(field, field.default)}"]
    return "\n".join(lines) + "\n"


def as_toml(loaded: Loaded) -> str:
    """Return the configuration in force, with where each value that is no default came from."""
    values = _flat(concealed(loaded.config))
    lines: list[str] = []
    for section in sections():
        lines += ["", f"[{section.name}]"]
        for field in section.fields:
            origin = loaded.origins.get(field.name)
            assignment = _assignment(field, values[field.name])
            lines.append(f"{assignment}  # {escape(origin)}" if origin else assignment)
    return "\n".join(lines[1:]) + "\n"


def concealed(config: Config) -> Config:
    """Return a configuration that may be shown: passwords inside URLs are stars."""
    values = {
        name: _PASSWORD.sub("***", value) if fields()[name].key.secret and isinstance(value, str) else value
        for name, value in _flat(config).items()
    }
    return _nested(values)


class _Reading:
    """Values as they are found; a later one overrides."""

    def __init__(self, working: Path) -> None:
        self._working = working
        self.values: dict[str, Value] = {}
        self.origins: dict[str, str] = {}
        self.problems: list[str] = []

    def read_table(self, table: Mapping[str, object], where: str, base: Path, above: str) -> None:
        for name, value in table.items():
            path = f"{above}{name}"
            if isinstance(value, dict) and _is_section(path):
                self.read_table(value, where, base, f"{path}.")
            elif _is_section(path):
                self.problems.append(f"{path} must be a table of keys: write [{path}] (in {where})")
            elif field := self._field(path, f"in {where}"):
                self._take(field, value, f"in {where}", base)

    def read_environment(self, environment: Mapping[str, str]) -> None:
        for variable, text in sorted(environment.items()):
            if variable.startswith(PREFIX) and "__" in variable:
                name = variable.removeprefix(PREFIX).lower().replace("__", ".")
                if not _is_utf8(text):
                    self.problems.append(f"the value of {_printable(variable)} is not UTF-8")
                elif field := self._field(name, variable):
                    self._take(field, _from_text(field, text), variable, self._working)

    def read_options(self, options: Mapping[str, str | int | None]) -> None:
        for option, value in options.items():
            if value is not None:
                self._take(fields()[OPTIONS[option]], value, option, self._working)

    def finish(self, file: Path | None) -> Loaded:
        if not self.problems and bool(self._text("tls.certificate")) != bool(self._text("tls.key")):
            missing, given = ("tls.key", "tls.certificate")
            if self._text("tls.key"):
                missing, given = given, missing
            self.problems.append(f"{missing} must be set, too, since {given} is ({self.origins[given]})")
        watched = self.values.get("metrics.address", "")
        if isinstance(watched, str) and is_for_others(watched) and not self.values.get("metrics.public"):
            self.problems.append(
                f"metrics.address {watched} is for other machines, too, without TLS and a login: use an "
                "address of this machine such as 127.0.0.1, or allow it with metrics.public = true "
                f"({self.origins['metrics.address']})"
            )
        if self.problems:
            raise ConfigError(*self.problems)
        return Loaded(_nested(self.values), file, self.origins)

    def _text(self, name: str) -> Value:
        return self.values.get(name, "")

    def _field(self, name: str, origin: str) -> Field | None:
        field = fields().get(name)
        if field is None:
            known = [*fields(), *(section.name for section in sections())]
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            self.problems.append(f"{_printable(name)} is not a known key{hint} ({_printable(origin)})")
        return field

    def _take(self, field: Field, value: object, origin: str, base: Path) -> None:
        try:
            checked: Value = msgspec.convert(value, type=field.type)
            if field.key.check is not None and isinstance(checked, tuple):
                field.key.check(checked)
            check_value(field.name, checked)
        except ValueError as error:
            hidden = field.key.secret and isinstance(value, str)
            shown = "the text that was given" if hidden else _shown(value)
            # What msgspec says is about types; the others say more than `accepts`.
            reason = "" if isinstance(error, msgspec.ValidationError) or not str(error) else f": {error}"
            self.problems.append(f"{field.name} must be {field.accepts}, not {shown} ({origin}){reason}")
            return
        if field.key.path and isinstance(checked, str) and checked:
            try:
                checked = _absolute(checked, base)
            except OSError:
                text = f"{field.name} is a path from the working directory, which is gone: write all of it"
                self.problems.append(f"{text} ({origin})")
                return
        self.values[field.name] = checked
        self.origins[field.name] = origin


def _parse(file: Path, where: str) -> dict[str, object]:
    """Read a file of TOML; a byte order mark is skipped."""
    try:
        with open(0, "rb", closefd=False) if file == STDIN else file.open("rb") as stream:
            content = stream.read(_LONGEST + 1)
        if len(content) > _LONGEST:
            raise ConfigError(f"the configuration {where} has more than {_LONGEST} bytes: it is none")
        return tomllib.loads(content.decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"the configuration {where} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        text = f"it is not in UTF-8 at byte {error.start + 1}"
        raise ConfigError(f"the configuration {where} is not valid TOML: {text}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"the configuration {where} is not valid TOML: {error}") from error
    except (
        RecursionError,
        ValueError,
    ) as error:  # what no configuration is: brackets in brackets, long numbers
        text = "it has brackets in too many brackets, or a number with too many digits"
        raise ConfigError(f"the configuration {where} cannot be read: {text}") from error


def _absolute(path: str, base: Path) -> str:
    """Raises OSError when that takes the working directory and there is none."""
    expanded = Path(os.path.expanduser(path))  # noqa: PTH111 (never raises)
    return str(expanded if expanded.is_absolute() else base.absolute() / expanded)


def _is_section(name: str) -> bool:
    return any(section.name == name for section in sections())


def _is_utf8(text: str) -> bool:
    """The operating system's bytes that are no UTF-8 come as lone surrogates."""
    return not any("\ud800" <= c <= "\udfff" for c in text)


def _from_text(field: Field, text: str) -> object:
    """Read an environment variable: a text is taken as it is, all else is written as in TOML."""
    if isinstance(field.default, str):
        return text
    try:
        table = tomllib.loads(f"value = {text}")
    except (RecursionError, ValueError):  # the errors of tomllib are ValueErrors
        return text
    return table["value"] if len(table) == 1 else text


def _nested(values: Mapping[str, Value]) -> Config:
    tree: dict[str, object] = {}
    for name, value in values.items():
        *path, last = name.split(".")
        table = tree
        for part in path:
            inner = table.setdefault(part, {})
            assert isinstance(inner, dict)
            table = inner
        table[last] = value
    return msgspec.convert(tree, Config)


def _flat(config: Config) -> dict[str, Value]:
    def walk(above: str, struct: msgspec.Struct) -> Iterator[tuple[str, Value]]:
        for name in struct.__struct_fields__:
            value = getattr(struct, name)
            if isinstance(value, msgspec.Struct):
                yield from walk(f"{above}{name}.", value)
            else:
                yield above + name, value

    return dict(walk("", config))


def _assignment(field: Field, value: Value) -> str:
    return f"{field.name.rpartition('.')[2]} = {_toml(value)}"


def _toml(value: Value) -> str:
    """Write a value as TOML that is safe on a terminal: as JSON, but for how characters are escaped."""
    return UNSAFE.sub(_escaped, json.dumps(value, ensure_ascii=False))


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=True, default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
