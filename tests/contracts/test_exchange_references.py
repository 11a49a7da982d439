"""What an export says that messages refer to: only what came before, in the same conversation."""

from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from securechat.chat.records import MessageSent
from securechat.irc import msgid
from securechat.irc.capabilities import EDIT_TAG
from securechat.irc.timestamp import format_ms
from securechat.storage.errors import BadExport
from securechat.storage.exchange.exporting import Selection
from securechat.storage.exchange.form import Event, Line, Message
from securechat.storage.exchange.importing import Imported
from securechat.storage.sqlite import open_store
from tests.contracts.databases import DurableDatabase
from tests.contracts.exchanged import NOW, STATE, exported, imported, opened, written
from tests.contracts.facts import ALICE, BOB, CAROL, CHANNELS, DEV, PEOPLE, message

FIRST = msgid.encode(100)
EDIT = {EDIT_TAG: FIRST}


def lines_of(tmp_path: Path, *said: MessageSent) -> list[Line]:
    """Return the lines of an export of people and what they said."""
    with closing(open_store(tmp_path / "source")) as store:
        store.commit([*PEOPLE, *CHANNELS, *said])
        return exported(store, Selection())


def edit(key: int = 200, refers: int = 100, **values: object) -> MessageSent:
    """Return an edit by alice."""
    return message(key, tags={EDIT_TAG: msgid.encode(refers)})._replace(refers=refers, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (edit(refers=200), "itself or came later"),
        (edit(refers=300), "itself or came later"),
        (message(200)._replace(refers=200, tags={"+draft/react": "x"}, command="TAGMSG", text=""), "itself"),
        (message(200)._replace(refers=300, tags={"+reply": msgid.encode(300)}), "itself or came later"),
        (edit(channel=DEV, addressed="#dev"), "its author did not say there"),
        (edit(channel=None, recipient=BOB, addressed="bob"), "its author did not say there"),
        (edit(rank="o"), "its author did not say there"),
        (edit(sender=BOB), "its author did not say there"),
        (edit(command="NOTICE"), "its author did not say there"),
        (edit(refers=150), "it refers to an edit"),
    ],
)
@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "the last first"])
def test_an_edit_refers_to_what_its_author_said_before(
    tmp_path: Path, wrong: MessageSent, text: str, backwards: bool
) -> None:
    """The line is named and nothing is imported, in whatever order the lines are."""
    lines = lines_of(tmp_path, message(100), edit(150), wrong, message(300, text="the last"))
    said = [line for line in lines if isinstance(line, Message)]
    start = lines.index(said[0])
    lines[start : start + len(said)] = said[::-1] if backwards else said
    wanted = msgid.encode(wrong.id)
    number = next(n for n, line in enumerate(lines, 1) if isinstance(line, Message) and line.msgid == wanted)
    with closing(open_store(tmp_path / "other")) as other:
        with pytest.raises(BadExport, match=rf"^line {number}: .*{text}"):
            imported(other, written(tmp_path / "export", lines))
        assert other.load().last_message == 0 and not other.load().accounts


def test_edits_across_batches_and_files(durable: DurableDatabase, tmp_path: Path) -> None:
    """The original may be anywhere before, or be gone; a second file cannot slip one under what is here."""
    many = [message(key) for key in range(1000, 2100)]
    kept = [message(100), edit(2200), edit(2201, 50), message(2202)._replace(refers=1000)]
    path = written(tmp_path / "export", lines_of(tmp_path, *many, *kept))
    store = opened(durable)
    assert imported(store, path).messages == len(many) + len(kept)
    slipped = lines_of(tmp_path / "slipped", message(50, sender=BOB, text="my own"))
    with pytest.raises(BadExport, match=r"^line \d+: 000.*, which is here already, refers to it"):
        imported(store, written(tmp_path / "second", slipped))
    fitting = lines_of(tmp_path / "fitting", message(50, text="the original"))
    assert imported(store, written(tmp_path / "third", fitting)).messages == 1


def test_an_answer_to_what_was_said_elsewhere_stands_alone(durable: DurableDatabase, tmp_path: Path) -> None:
    """So the server takes it of clients: the tag stays, and nothing of it is shown to others."""
    reaction = {"+draft/react": "👍", "+draft/reply": FIRST}
    said = (
        message(100, recipient=BOB),
        message(101, sender=BOB, recipient=ALICE)._replace(refers=100, tags={"+reply": FIRST}),
        message(200, sender=CAROL, recipient=ALICE)._replace(refers=100, tags={"+reply": FIRST}),
        message(201, channel=DEV)._replace(refers=100, tags=reaction, command="TAGMSG", text=""),
    )
    path = written(tmp_path / "export", lines_of(tmp_path, *said))
    assert imported(opened(durable), path) == Imported(3, 2, 4, 0, alone=2)
    with closing(durable.reader()) as reader:
        assert [row.refers for row in map(reader.message, (101, 200, 201)) if row] == [100, None, None]
        assert [row.tags for row in map(reader.message, (200, 201)) if row] == [{"+reply": FIRST}, reaction]
        assert reader.reactions([100]) == {}


def test_the_tag_of_an_edit_says_what_it_refers_to(tmp_path: Path) -> None:
    """A client follows the tag: what refers to nothing is no edit, and what it refers to is in the tag."""
    lines = lines_of(tmp_path, message(100), message(150, tags=EDIT), edit(200))
    lines = [
        msgspec.structs.replace(line, tags={EDIT_TAG: msgid.encode(50), "+x": "y"})
        if isinstance(line, Message) and line.refers
        else line
        for line in lines
    ]
    with closing(open_store(tmp_path / "other")) as other:
        imported(other, written(tmp_path / "export", lines))
        tags = [line.tags for line in exported(other, Selection()) if isinstance(line, Message)]
    assert tags == [{}, {}, {"+x": "y", EDIT_TAG: FIRST}]


def test_everything_that_came_from_a_file_is_marked(durable: DurableDatabase, tmp_path: Path) -> None:
    """Also when the file says something else of it, and after another import; what is here is not."""
    with closing(open_store(tmp_path / "source")) as source:
        source.commit([*STATE, message(100), message(101)])
        lines = exported(source, Selection())
    lines = [
        msgspec.structs.replace(line, imported=format_ms(1)) if isinstance(line, Message | Event) else line
        for line in lines
    ]
    store = opened(durable)
    store.commit([*PEOPLE, *CHANNELS, message(100), message(500)])
    path = written(tmp_path / "export", lines)
    for _ in range(2):
        imported(store, path)
        marks = {
            line.msgid: line.imported
            for line in exported(store, Selection())
            if isinstance(line, Message | Event)
        }
        assert len(marks) > 8
        own = {msgid.encode(100), msgid.encode(500)}
        assert {key for key, at in marks.items() if at is None} == own
        assert {at for key, at in marks.items() if key not in own} == {format_ms(NOW)}


def test_two_lines_with_one_id_and_different_contents(tmp_path: Path) -> None:
    """They are refused also when they are far apart in the file."""
    lines = lines_of(tmp_path, *(message(key) for key in range(100, 800)))
    last = len(lines) - 2
    forged = lines[last]
    assert isinstance(forged, Message)
    lines[last] = msgspec.structs.replace(forged, msgid=FIRST, text="another")
    path = written(tmp_path / "export", lines)
    twice = rf"^line {last + 1}: another message"
    with closing(open_store(tmp_path / "other")) as other, pytest.raises(BadExport, match=twice):
        imported(other, path)
