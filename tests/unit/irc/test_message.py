"""The line grammar: parse, encode, tags, sources."""

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securechat.irc.message import (
    NO_TAGS,
    ForbiddenByte,
    MalformedLine,
    Message,
    NotUtf8,
    UnknownCommand,
    encode,
    escape_tag_value,
    format_tags,
    is_command,
    parse,
    parse_head,
    split_source,
    unescape_tag_value,
)

VECTORS = Path(__file__).with_name("vectors")


def cases(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = tomllib.loads((VECTORS / name).read_text(encoding="utf-8"))["case"]
    assert loaded
    return loaded


def message(case: dict[str, Any]) -> Message:
    return Message(case["command"], tuple(case["params"]), case.get("source"), case["tags"])


@pytest.mark.parametrize("case", cases("parse.toml"), ids=lambda case: ascii(case["line"]))
def test_parse_vectors(case: dict[str, Any]) -> None:
    """A line of the public vectors parses to its parts, with the command in upper case."""
    expected = dataclasses.replace(message(case), command=case["command"].upper())
    assert parse(case["line"]) == expected
    assert parse(case["line"].encode()) == expected


@pytest.mark.parametrize("case", cases("encode.toml"), ids=lambda case: ascii(case["lines"][0]))
def test_encode_vectors(case: dict[str, Any]) -> None:
    """A message of the public vectors is written as one of the lines that are right for it."""
    assert encode(message(case)).decode() in [f"{line}\r\n" for line in case["lines"]]


@pytest.mark.parametrize("case", cases("source.toml"), ids=lambda case: ascii(case["source"]))
def test_source_vectors(case: dict[str, Any]) -> None:
    """A source of the public vectors splits into nick, user and host, a missing part being empty."""
    assert split_source(case["source"]) == tuple(case["parts"])


@pytest.mark.parametrize("blank", ["\t", "\x0b", "\x1f", "\x85", "\xa0", "\u2028", "\u3000"])
def test_only_the_space_separates(blank: str) -> None:
    """What other programs take for a blank or a line end is part of a parameter."""
    assert parse(f"PRIVMSG a{blank}b :x{blank}y") == Message("PRIVMSG", (f"a{blank}b", f"x{blank}y"))
    assert parse(f"@k=a{blank}b PING").tags == {"k": f"a{blank}b"}


@pytest.mark.parametrize(
    ("line", "command", "params"),
    [
        ("foo  bar   :baz ", "FOO", ("bar", "baz ")),
        (":src   foo   bar  ", "FOO", ("bar",)),
        ("@a  :src  foo", "FOO", ()),
        ("foo :", "FOO", ("",)),
        ("foo a:b c:", "FOO", ("a:b", "c:")),
        ("001 x", "001", ("x",)),
        ("PRIVMSG #ä :grüße", "PRIVMSG", ("#ä", "grüße")),
    ],
)
def test_parse(line: str, command: str, params: tuple[str, ...]) -> None:
    """One or more spaces separate parts, and a parameter that begins with a colon is the last."""
    got = parse(line)
    assert (got.command, got.params) == (command, params)


def test_fifteen_parameters_are_not_a_limit() -> None:
    """A message may have any number of parameters ("clients MUST parse" them)."""
    assert len(parse("X" + " y" * 40).params) == 40


@pytest.mark.parametrize(
    "line",
    ["", " ", ":", ":src", ":src ", ": foo", "@a", "@a ", "@a :src", ":s :x", "@ @a foo", "\x1b[1m x"],
)
def test_no_command(line: str) -> None:
    """A line without a command is refused, as is a source without a name."""
    with pytest.raises(MalformedLine) as caught:
        parse(line)
    assert type(caught.value) is MalformedLine


@pytest.mark.parametrize(
    "line",
    ["foo-bar x", "12 x", "0001 x", "a1", "\u0131son", "straße", "١٢٣ x", "²³¹", "ＰＩＮＧ x"],
)
def test_bad_command(line: str) -> None:
    """A command that is neither ASCII letters nor three ASCII digits is one that nobody knows."""
    with pytest.raises(UnknownCommand):
        parse(line)


@pytest.mark.parametrize(
    ("line", "command", "tags"),
    [
        (b"@label=1;x=a\\:b :src  privmsg #c :\xff", "PRIVMSG", {"label": "1", "x": "a;b"}),
        (b"@label=1;x=\xff;y PING", "PING", {"label": "1", "y": ""}),
        (b"@label=\0;x=\r;y=1 PING", "PING", {"y": "1"}),
        (b"@label=1;cut=of", "*", {"label": "1"}),
        (b"@label=1 no_such", "NO_SUCH", {"label": "1"}),
        ("@label=\ufffd stra\u00dfe".encode(), "stra\u00dfe", {"label": "\ufffd"}),
        (b"PI\xffNG a", "*", {}),
        (b"\x1b]52;c;eA==\x07 a", "*", {}),
        (b"PI\0NG a", "*", {}),
        (b":src", "*", {}),
        (b": :x", "*", {}),
        (b"@a @b", "*", {"a": ""}),
        (b"", "*", {}),
    ],
)
def test_parse_head(line: bytes, command: str, tags: dict[str, str]) -> None:
    """Of a line that cannot be parsed the command and the tags are read as far as they are whole."""
    head = parse_head(line)
    assert (head.command, dict(head.tags), head.params) == (command, tags, ())


@pytest.mark.parametrize("char", ["\0", "\r", "\n"])
@pytest.mark.parametrize("line", ["PING a{}b", "PING :a{}", "@a={}b PING", ":a{}b PING", "PI{}NG"])
def test_parse_refuses_forbidden_characters(line: str, char: str) -> None:
    """NUL, CR and LF are refused wherever they are in a line."""
    with pytest.raises(ForbiddenByte):
        parse(line.format(char))


@pytest.mark.parametrize("raw", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xc3", b"\xf5\x80\x80\x80"])
def test_parse_refuses_what_is_not_utf8(raw: bytes) -> None:
    """Invalid, overlong and truncated sequences and surrogates are refused, with the position."""
    with pytest.raises(NotUtf8, match=r"Byte 7 "):
        parse(b"PING :" + raw)


def test_error_texts_do_not_quote_the_line() -> None:
    """Somebody who types a password into the wrong window does not find it in a log."""
    for line in (b"hunter2", b"hunter\0two", b"hunter\xff"):
        with pytest.raises(MalformedLine) as caught:
            parse(line)
        assert "hunter" not in str(caught.value)
    with pytest.raises(ValueError) as refused:
        encode(Message("PASS", ("hunter\n2",)))
    assert "hunter" not in str(refused.value)


@pytest.mark.parametrize(
    "refused",
    [
        Message("PING", ("a b", "c")),
        Message("PING", ("", "c")),
        Message("PING", (":a", "c")),
        Message("PING", ("a\r\nQUIT",)),
        Message("PING", ("a\n",)),
        Message("PING", ("a\0",)),
        Message("PING", ("\ud800",)),
        Message("PING", (), "a b"),
        Message("PING", (), ""),
        Message("PING", (), "a\r"),
        Message(""),
        Message("PI NG"),
        Message("PING\n"),
        Message("12"),
        Message("PING", tags={"": "x"}),
        Message("PING", tags={"a b": "x"}),
        Message("PING", tags={"a;b": "x"}),
        Message("PING", tags={"a=b": ""}),
        Message("PING", tags={"a\n": ""}),
        Message("PING", tags={"a": "\0"}),
    ],
    ids=repr,
)
def test_encode_refuses(refused: Message) -> None:
    """What a line cannot carry is an error and never another line."""
    with pytest.raises(ValueError):
        encode(refused)


def test_encode_writes_a_colon_only_where_it_must() -> None:
    """The last parameter has a colon if it is empty, holds a blank or begins with one."""
    assert encode(Message("A", ("b", "c"), "s")) == b":s A b c\r\n"
    assert encode(Message("A", ("b", "c d"))) == b"A b :c d\r\n"
    assert encode(Message("A", (":)",))) == b"A ::)\r\n"
    assert encode(Message("A")) == b"A\r\n"


def test_escaping_is_symmetrical() -> None:
    """Escaping changes what must be, and unescaping gives the value back."""
    value = "a; b\\c\r\nd:s"
    assert escape_tag_value(value) == r"a\:\sb\\c\r\nd:s"
    assert unescape_tag_value(escape_tag_value(value)) == value


@pytest.mark.parametrize(("written", "value"), [(r"\b", "b"), ("x\\", "x"), (r"\\s", r"\s"), (r"\ä\:", "ä;")])
def test_unescaping_drops_a_lone_backslash(written: str, value: str) -> None:
    """A backslash that escapes nothing is dropped, and characters are read one after the other."""
    assert unescape_tag_value(written) == value


def test_format_tags() -> None:
    """A tags section begins with "@" and ends with a blank; no tags are no section."""
    assert format_tags({"a": "b", "+c/d": "", "e": "f g"}) == r"@a=b;+c/d;e=f\sg "
    assert format_tags({}) == ""


def test_tags_without_a_key_are_nothing() -> None:
    """Empty tags and tags without a key are passed over; keys are opaque, even strange ones."""
    assert parse("@;;=x;a=1=2;b PING").tags == {"a": "1=2", "b": ""}
    assert parse("@ PING") == Message("PING")


def test_messages_are_values() -> None:
    """Messages compare by content, can be hashed, and cannot be changed."""
    one = parse("@a=b :s PRIVMSG #c :d")
    assert one == Message("PRIVMSG", ("#c", "d"), "s", {"a": "b"})
    assert hash(one) == hash(dataclasses.replace(one))
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.command = "QUIT"  # type: ignore[misc]
    with pytest.raises(TypeError):
        one.tags["a"] = "c"  # type: ignore[index]
    assert Message("PING").tags is NO_TAGS


def test_is_command() -> None:
    """Commands are ASCII letters or exactly three ASCII digits."""
    assert all(map(is_command, ("PING", "ping", "p", "001")))
    assert not any(map(is_command, ("", "01", "0001", "P1", "1P1", "ſ", "١٢٣", "PING ", "001\n")))


anything = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0\r\n"))
words = anything.filter(lambda text: text and " " not in text and not text.startswith(":"))
keys = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0\r\n =;"), min_size=1)
values = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"))


@settings(deadline=None)
@given(
    command=st.from_regex(r"[A-Z]{1,9}|[0-9]{3}", fullmatch=True),
    middle=st.lists(words, max_size=4),
    last=st.lists(anything, max_size=1),
    source=st.none() | anything.filter(lambda text: text and " " not in text),
    tags=st.dictionaries(keys, values, max_size=4),
)
def test_what_is_encoded_parses_to_the_same(
    command: str, middle: list[str], last: list[str], source: str | None, tags: dict[str, str]
) -> None:
    """Any message that can be written comes back equal, and is exactly one line."""
    sent = Message(command, (*middle, *last), source, tags)
    line = encode(sent)
    assert line.endswith(b"\r\n") and line.count(b"\r") == line.count(b"\n") == 1
    assert parse(line[:-2]) == sent


@settings(deadline=None)
@given(line=st.text(alphabet=" :@;=\\aB1ä\t\x85") | anything)
def test_what_parses_can_be_encoded(line: str) -> None:
    """Whatever parses can be written again, to the same effect."""
    try:
        got = parse(line)
    except MalformedLine:
        return
    assert parse(encode(got)[:-2]) == got
