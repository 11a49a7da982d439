"""What is no export, or holds what no client could have sent, is refused, and nothing of it is imported."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from securechat.storage.errors import BadExport, StorageError
from securechat.storage.exchange.checking import check
from securechat.storage.exchange.exporting import Selection
from securechat.storage.exchange.importing import Importer
from securechat.storage.sqlite import open_store
from tests.contracts.exchanged import SAID, STATE, exported, imported, written
from tests.contracts.facts import NOON

AT = "2026-01-01T00:00:00.000Z"
LATE = "2999-01-01T00:00:00.000Z"
NASTY: tuple[object, ...] = (
    *(None, True, -1, 0, 1 << 70, 1.5, "", " ", ":", "\0", "\r\n", "x" * 70_000, "\ud800", "٣", "*"),
    *([], [[]], {}, {"": ""}, {"x": {}}, [{}], [None]),
    *("#", "#general", "alice", "ALICE", "securechat", "0001-01-01T00:00:00.000Z"),
)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """The lines of an export, as any program reads them."""
    with closing(open_store(tmp_path_factory.mktemp("chat"))) as store:
        store.commit([*STATE, *SAID])
        return [json.loads(msgspec.json.encode(line)) for line in exported(store, Selection())]


class Undone(Exception):
    """Rolls back an import that was good."""


def test_nothing_but_a_refusal_comes_of_nonsense(lines: list[dict[str, object]], tmp_path: Path) -> None:
    """Whatever a value is replaced with, the import says what is wrong, or takes it."""
    path, refused = tmp_path / "export", 0
    longest = {line["type"]: number for number, line in sorted(enumerate(lines), key=lambda n: len(n[1]))}
    with closing(open_store(tmp_path / "other")) as other:
        for number, key, value in ((n, k, v) for n in longest.values() for k in lines[n] for v in NASTY):
            nonsense = [*lines[:number], {**lines[number], key: value}, *lines[number + 1 :]]
            path.write_text("".join(json.dumps(line) + "\n" for line in nonsense))
            try:
                with path.open("rb") as file, other.transaction() as connection:
                    contents = check(file, NOON)
                    Importer(connection, other.search_index, contents, "$", NOON).write(file, lambda *_: None)
                    raise Undone
            except StorageError:
                refused += 1
            except Undone:
                pass
        assert refused > len(longest) * 50 and other.load().last_message == 0


Change = Callable[[dict[str, object]], dict[str, object]]


def changed(**values: object) -> Change:
    """Return what changes a line."""
    return lambda line: {**line, **values}


def mask(number: int) -> dict[str, str]:
    """Return an entry of a list."""
    return {"mask": f"a{number}!*@*", "setter": "Bob", "at": AT}


@pytest.mark.parametrize(
    ("kind", "change", "text"),
    [
        ("message", changed(text="hello\r\nQUIT"), "the text is nothing"),
        ("message", changed(text="hello\nyou\rQUIT"), "the text is nothing"),
        ("message", changed(text="\n".join("x" * 101)), "the text is nothing"),
        ("message", changed(text="\n\r\n"), "the text is nothing"),
        ("message", changed(text="x" * 600), "the text is nothing"),
        ("message", changed(nick="a b"), "the nick or the target"),
        ("message", changed(target=":x"), "the nick or the target"),
        ("message", changed(tags={"+x\r\n": ""}), "a tag has a name"),
        ("message", changed(tags={"time": ""}), "a tag has a name"),
        ("message", changed(tags={"+x": "y" * 5000}), "the tags are more"),
        ("message", changed(command="KICK"), "nothing that people say"),
        ("message", changed(msgid="zzz"), "a msgid is 13"),
        ("message", changed(msgid="vvvvvvvvvvvvu"), "of a time to come"),
        ("message", changed(time="yesterday"), "a timestamp looks like"),
        ("message", changed(channel="#nowhere"), "names the channel '#nowhere'"),
        ("message", changed(sender="nobody"), "names the account 'nobody'"),
        ("message", changed(recipient="Bob"), "not to both"),
        ("message", changed(rank="x"), "cannot be for this rank"),
        ("message", changed(channel=None, rank="o"), "cannot be for this rank"),
        ("message", changed(redacted=AT, redacted_reason="a\nb"), "the reason is nothing"),
        ("message", changed(redacted=AT, redacted_msgid="vvvvvvvvvvvvu"), "of a time to come"),
        ("message", changed(text=5), "Expected `str`"),
        ("message", changed(time="2999-01-01T00:00:00.000Z"), "a time to come"),
        ("message", changed(time="1969-12-31T23:59:59.999Z"), "before there were any"),
        ("message", changed(redacted="2999-01-01T00:00:00.000Z"), "a time to come"),
        ("message", changed(redacted=AT, redacted_msgid="0000000000000"), "a time to come"),
        ("message", changed(redacted=AT, redacted_msgid="0000000000002"), "itself or came later"),
        ("message", changed(redacted_by="Bob"), "only a message has that was redacted"),
        ("account", changed(created="1969-12-31T23:59:59.999Z"), "before there were any"),
        ("channel", changed(created="2999-01-01T00:00:00.000Z"), "a time to come"),
        ("channel", changed(topic="tea", topic_at="2999-01-01T00:00:00.000Z"), "a time to come"),
        ("channel", changed(pins=[{"msgid": "0" * 13, "account": "Bob", "at": LATE}]), "a time to come"),
        ("channel", changed(lists={"b": [{"mask": "a!*@*", "setter": "Bob", "at": LATE}]}), "a time to come"),
        ("event", changed(time="2999-01-01T00:00:00.000Z"), "a time to come"),
        ("channel", changed(name="general"), "line 5: "),
        ("channel", changed(topic="a\nb"), "the topic, or who has set it"),
        ("channel", changed(modes={"l": "many"}), "the mode 'l' cannot be 'many'"),
        ("channel", changed(modes={"b": "*"}), "the mode 'b' cannot be"),
        (
            "channel",
            changed(members=[{"account": "alice", "joined": "2026-01-01T00:00:00.000Z", "ranks": "zz"}]),
            "ranks",
        ),
        (
            "channel",
            changed(members=[{"account": "alice", "joined": "2999-01-01T00:00:00.000Z"}]),
            "'alice' has joined at a time to come",
        ),
        (
            "channel",
            changed(members=[{"account": "alice", "joined": AT, "msgid": "vvvvvvvvvvvvu"}]),
            "of a time to come",
        ),
        ("channel", changed(members=[{"account": "alice", "joined": "2026", "msgid": "0" * 13}]), "line 5: "),
        ("channel", changed(topic_setter="a b"), "the topic, or who has set it"),
        ("channel", changed(topic="tea", topic_setter=""), "the topic, or who has set it"),
        ("channel", changed(modes={"k": ":x"}), "the mode 'k' cannot be ':x'"),
        ("channel", changed(modes={"l": "0"}), "the mode 'l' cannot be '0'"),
        ("channel", changed(lists={"b": [{"mask": "carol", "setter": "Bob", "at": AT}]}), "is no mask"),
        ("channel", changed(lists={"b": [{"mask": "a!*@*", "setter": "a b", "at": AT}]}), "is no mask"),
        ("channel", changed(lists={"q": []}), "'q' is no list"),
        ("channel", changed(lists={"b": [mask(number) for number in range(101)]}), "more than 100 masks"),
        ("channel", changed(pins=[{"msgid": "0" * 13, "account": "Bob", "at": AT}] * 51), "at most 50 pins"),
        (
            "channel",
            changed(pins=[{"msgid": "0" * 13, "account": "who", "at": AT}]),
            "names the account 'who'",
        ),
        ("channel", changed(metadata={"A B": ""}), "the metadata"),
        ("channel", changed(metadata={"url": "a\nb"}), "the metadata"),
        ("channel", changed(metadata={f"k{number}": "" for number in range(21)}), "at most 20 keys"),
        ("channel", changed(retention_days=-1), "0 .for ever. to 36500 days"),
        ("event", changed(command="PRIVMSG"), "'PRIVMSG'"),
        ("event", changed(account=None), "happens to that account, or to none"),
        ("event", changed(command="TOPIC"), "happens to that account, or to none"),
        ("event", changed(command="MODE", account=None, text="+b :x"), "nothing that happens in a channel"),
        ("event", changed(command="RENAME", account=None, text="#a b c"), 'begins with "#"'),
        ("event", changed(command="RENAME", account=None, text="#a #b"), "nothing that happens in a channel"),
        ("event", changed(command="TOPIC", account=None, text="a\rb"), "a line of IRC can hold"),
        ("event", changed(nick="a b"), "the nick is nothing"),
        ("event", changed(channel="#nowhere"), "names the channel '#nowhere'"),
        ("message", changed(refers="vvvvvvvvvvvvu"), "of a time to come"),
        ("account", changed(name="a b"), "line 2: "),
        ("account", changed(silences={"carol": AT}), "'carol' is nothing that SILENCE takes"),
        ("account", changed(silences={"$m:carol!*@*": AT}), "nothing that SILENCE takes"),
        ("account", changed(silences={"a!*@*\r\n": AT}), "nothing that SILENCE takes"),
        ("account", changed(former=["7up"]), "cannot begin with a digit"),
        ("account", changed(former=["Ａlice"]), "as names are written"),
        ("account", changed(former=[f"name{n}" for n in range(21)]), "at most 20 names"),
        ("account", changed(silences={"a!*@*": LATE}), "a time to come"),
        ("account", changed(silences={f"a{n}!*@*": AT for n in range(65)}), "at most 64 masks"),
        ("account", changed(role="king"), "'king' is no role"),
        ("account", changed(role="nobody"), "'nobody' is no role"),
        ("account", changed(name="Bob"), "described twice"),
        ("channel", changed(name="#Dev"), "described twice"),
        ("end", changed(events=0), "lines are missing"),
        ("header", changed(version=3), "only a newer securechat"),
        ("header", changed(format="other"), "no export of securechat"),
        ("end", changed(messages=9), "lines are missing"),
    ],
)
def test_what_cannot_be_is_refused(
    lines: list[dict[str, object]],
    tmp_path: Path,
    kind: str,
    change: Change,
    text: str,
) -> None:
    """The line is named, and nothing of the file is imported."""
    lines = list(lines)
    number = next(n for n, line in enumerate(lines) if line["type"] == kind)
    lines[number] = change(lines[number])
    path = tmp_path / "export"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with closing(open_store(tmp_path / "other")) as other:
        with pytest.raises(BadExport, match=text):
            imported(other, path)
        assert other.load().last_message == 0 and not other.load().accounts


def test_a_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    """Whether a line or half of one is missing."""
    with closing(open_store(tmp_path / "chat")) as store:
        store.commit([*STATE, *SAID])
        path = written(tmp_path / "export", exported(store, Selection()))
    content = path.read_bytes()
    for cut in (content[:-10], content[: content.rindex(b"\n", 0, -1) + 1], b"", b"{}\n", b"\xff\n"):
        path.write_bytes(cut)
        with pytest.raises(BadExport), path.open("rb") as file:
            check(file, NOON)
