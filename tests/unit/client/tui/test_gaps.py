"""History in pieces: a page from the middle goes to its place, with gaps where something may be missing."""

import pytest

from securechat.client.tui.conversation import Conversation
from securechat.client.tui.entries import Missing, Post
from tests.unit.client.tui.stage import Stage


def posts(*numbers: int) -> list[Post]:
    return [Post(1000 + n, "bob", f"p{n}", f"m{n:03}") for n in numbers]


def place_of(shape: str) -> Conversation:
    """A conversation with these messages; `|` is a gap."""
    place = Conversation("#general")
    for word in shape.split():
        if word == "|":
            place.entries.append(Missing(0, top=not place.entries))
        else:
            place.add(*posts(int(word)))
    return place


def shape_of(place: Conversation) -> str:
    entries = [entry for entry in place.entries if isinstance(entry, Missing | Post)]
    return " ".join("|" if isinstance(entry, Missing) else entry.text[1:] for entry in entries)


@pytest.mark.parametrize(
    ("before", "page", "after"),
    [
        ("| 90 91", (40, 41), "| 40 41 | 90 91"),
        ("| 90 91", (88, 89, 90), "| 88 89 90 91"),
        ("| 40 41 | 90 91", (41, 42, 43), "| 40 41 42 43 | 90 91"),
        ("| 40 41 | 90 91", (39, 40), "| 39 40 41 | 90 91"),
        ("| 40 41 | 90 91", (60, 61), "| 40 41 | 60 61 | 90 91"),
        ("| 40 41 | 90 91", (20, 21), "| 20 21 | 40 41 | 90 91"),
        ("| 40 41 | 90 91", (41, 60, 90), "| 40 41 60 90 91"),
        ("| 40 | 50 | 60", (39, 40, 45, 50, 51), "| 39 40 45 50 51 | 60"),
        ("90 91", (40, 41), "40 41 | 90 91"),
        ("| 90 91", (90, 91), "| 90 91"),
        ("| 90 91", (), "| 90 91"),
        ("|", (40, 41), "| 40 41 |"),
    ],
)
def test_a_page_from_the_middle_goes_to_its_place(before: str, page: tuple[int, ...], after: str) -> None:
    """Beside what it shares with the known, with gaps where something may be between."""
    place = place_of(before)
    place.splice(posts(*page), "there is more between")
    assert shape_of(place) == after


@pytest.mark.parametrize(
    ("forward", "page", "ended", "after"),
    [
        (True, (42, 43), False, "| 40 41 42 43 | 90 91"),
        (True, (42, 90), False, "| 40 41 42 90 91"),
        (True, (), True, "| 40 41 90 91"),
        (False, (88, 89), False, "| 40 41 | 88 89 90 91"),
        (False, (41, 89), False, "| 40 41 89 90 91"),
    ],
)
def test_a_gap_is_filled_from_the_side_that_one_reads(
    forward: bool, page: tuple[int, ...], ended: bool, after: str
) -> None:
    """And it goes when both sides meet."""
    place = place_of("| 40 41 | 90 91")
    gap = [entry for entry in place.entries if isinstance(entry, Missing)][1]
    assert (place.after(gap), place.before(gap)) == ("m041", "m090")
    place.fill(gap, posts(*page), ended, forward=forward)
    assert shape_of(place) == after


def said(numbers: range) -> list[str]:
    return [
        f"@msgid=h{n:04};time=2026-11-20T{10 + n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}.000Z"
        f" :bob!b@s PRIVMSG #general :old {n}"
        for n in numbers
    ]


def test_after_a_jump_one_reads_on_through_the_gap() -> None:
    """The gap is a row; scrolling down fills it from above, and what one reads stays where it is."""

    async def scenario(stage: Stage) -> None:
        stage.wire.log_in(":alice!alice@s.test JOIN #general", ":s.test 366 alice #general :End")
        await stage.settle()
        await stage.answer_history()
        place = stage.app.chat.current
        place.entries[:] = [Missing(0, top=True)]
        await stage.says(*said(range(900, 950)))
        stage.app.work.go_to((stage.app.server, place), Post(0, "", "", "h0100"))
        await stage.settle()
        await stage.answer_history(*said(range(60, 140)))
        assert stage.shows("old 100") and not stage.shows("┄┄")
        stage.wire.sent()
        while not stage.shows("┄┄ "):
            await stage.press("pagedown")
        assert stage.shows("old 139") and stage.shows("old 900")
        asked = [line for line in stage.wire.sent() if "CHATHISTORY" in line]
        assert len(asked) == 1 and "CHATHISTORY AFTER #general msgid=h0139 100" in asked[0]
        rows = stage.rows()
        y = next(y for y, row in enumerate(rows) if "old 139" in row)
        await _answer(stage, asked[0], *said(range(140, 240)))
        assert "old 139" in stage.rows()[y] and "old 140" in stage.rows()[y + 1]
        assert not stage.shows("old 900")

    Stage().play(scenario)


def test_a_message_that_is_not_there_any_more_is_said() -> None:
    """Nothing happens in silence."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        stage.app.work.go_to((stage.app.server, stage.app.chat.current), Post(0, "", "", "h0100"))
        await stage.settle()
        await stage.answer_history()
        assert stage.shows("The message cannot be shown: the server does not have it any more")

    Stage().play(scenario)


async def _answer(stage: Stage, request: str, *lines: str) -> None:
    label = request.removeprefix("@label=").partition(" ")[0]
    inside = [f"@batch=h{label};{text.removeprefix('@')}" for text in lines]
    opening = f"@label={label} :s.test BATCH +h{label} chathistory #general"
    await stage.says(opening, *inside, f":s.test BATCH -h{label}")
