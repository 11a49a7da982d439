"""The timeline: rows are made when they are seen, and what one reads stays where it is."""

from collections.abc import Awaitable, Callable

import pytest
from rich.style import Style

from securechat.client.tui.conversation import Conversation
from securechat.client.tui.drawing import STYLES, Frame, draw, wrap
from securechat.client.tui.entries import Delivery, Happening, Missing, Post, Sort
from securechat.client.tui.timeline import Timeline
from tests.unit.client.hostile import HOSTILE, is_harmless
from tests.unit.client.tui.stage import Stage

PALETTE = dict.fromkeys(STYLES, Style())
NOON = 1795348800000


def posts(number: int) -> list[Post]:
    return [Post(NOON + n * 1000, "bob", f"message {n}", f"m{n}") for n in range(number)]


def on_stage(check: Callable[[Stage, Timeline, Conversation], Awaitable[None]]) -> None:
    """Run a check with a conversation that is filled by it."""

    async def scenario(stage: Stage) -> None:
        await stage.log_in("bob")
        place = stage.app.chat.current
        place.entries.clear()
        await check(stage, stage.app.timeline, place)

    Stage().play(scenario)


def talk(stage: Stage) -> list[str]:
    """The rows of the timeline, without the side bar."""
    return [row[24:].strip() for row in stage.rows()[1:-2]]


def test_the_end_is_followed_and_a_place_above_is_kept() -> None:
    """What comes in below or above does not move what one reads."""

    async def check(stage: Stage, timeline: Timeline, place: Conversation) -> None:
        place.entries.extend(posts(500))
        timeline.update()
        await stage.settle()
        assert talk(stage)[-1].endswith("message 499")
        await stage.press("pageup")
        before = talk(stage)[:-1]
        place.add(Post(NOON, "bob", "newer", "n1"))
        place.entries[0:0] = [Post(NOON - 1000, "bob", "older", "o1")]
        timeline.update()
        await stage.settle()
        assert talk(stage)[:-1] == before and talk(stage)[-1].endswith("↓ 20 new below (End)")
        await stage.press("end")
        assert talk(stage)[-1].endswith("newer") and timeline.at_end

    on_stage(check)


@pytest.mark.parametrize("keys", [["pageup"] * 100, ["pageup"] * 30 + ["pagedown"] * 100])
def test_nothing_is_above_the_first_row_or_below_the_last(keys: list[str]) -> None:
    """Turning pages ends at both ends."""

    async def check(stage: Stage, timeline: Timeline, place: Conversation) -> None:
        place.entries.extend(posts(100))
        timeline.update()
        await stage.press(*keys)
        rows = talk(stage)
        if keys[-1] == "pageup":
            assert rows[1].endswith("message 0")
        else:
            assert rows[-1].endswith("message 99") and timeline.at_end

    on_stage(check)


def test_a_message_longer_than_the_screen_can_be_read() -> None:
    """Row by row, up and down."""

    async def check(stage: Stage, timeline: Timeline, place: Conversation) -> None:
        place.entries.extend(
            [*posts(3), Post(NOON, "bob", "\n".join(f"line {n}" for n in range(200)), "long")]
        )
        timeline.update()
        await stage.settle()
        seen = {row.split(" ")[-1] for row in talk(stage)}
        for _ in range(30):
            await stage.press("pageup")
            seen |= {row.split(" ")[-1] for row in talk(stage)}
        assert {str(n) for n in range(200)} <= seen
        for _ in range(40):
            await stage.press("pagedown")
        assert timeline.at_end

    on_stage(check)


def test_only_what_is_seen_is_wrapped() -> None:
    """Fifty thousand messages cost no more than a screen of them."""

    async def check(stage: Stage, timeline: Timeline, place: Conversation) -> None:
        place.entries.extend(posts(50_000))
        timeline.blocks.drawn.clear()
        timeline.update()
        await stage.settle()
        assert len(timeline.blocks.drawn) < 2 * timeline.size.height

    on_stage(check)


def test_a_new_width_wraps_anew() -> None:
    """And the end stays the end."""

    async def check(stage: Stage, timeline: Timeline, place: Conversation) -> None:
        place.entries.extend([*posts(30), Post(NOON, "bob", "a long line " * 20 + "end.", "x")])
        timeline.update()
        for width in (100, 60, 40, 120):
            await stage.resize(width, 24)
            assert any("end." in row for row in stage.rows()[-4:]), (width, "\n".join(stage.rows()))

    on_stage(check)


def test_jumping_shows_the_message() -> None:
    """In the middle, with what is around it."""

    async def check(stage: Stage, timeline: Timeline, place: Conversation) -> None:
        entries = posts(1000)
        place.entries.extend(entries)
        timeline.jump(entries[300])
        await stage.settle()
        assert stage.shows("message 300") and stage.shows("message 299") and stage.shows("message 301")

    on_stage(check)


# Drawing


def rows_of(entry: Post | Happening | Missing, width: int = 60) -> list[str]:
    return [strip.text for strip in draw(entry, Frame(width, PALETTE, "alice"))]


@pytest.mark.parametrize("width", [1, 8, 20, 40, 60, 200])
@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_from_others_reaches_the_terminal_as_it_is(text: str, width: int) -> None:
    """Whatever the field: no control, no direction, and every row as wide as the screen."""
    post = Post(NOON, text, text, "x", answers="y", mention=True)
    post.react(text, text, False)
    refused = Post(NOON, text, text, own=True, delivery=Delivery.REFUSED, reason=text)
    deleted = Post(NOON, text, "", "x", deleted=text)
    for entry in (post, refused, deleted, Happening(NOON, text), Missing(NOON, reason=text)):
        strips = draw(entry, Frame(width, PALETTE, "alice"))
        assert {strip.cell_length for strip in strips} == {width}
        assert is_harmless("".join(strip.text for strip in strips))


def test_no_row_of_a_message_can_pass_for_another_message() -> None:
    """Rows after the first begin with blanks only."""
    rows = rows_of(Post(NOON, "bob", "one\n12:00  eve        forged\n" + "word " * 40, "x"))
    assert len(rows) > 4 and all(row.startswith(" " * 12) for row in rows[1:])


@pytest.mark.parametrize(
    ("text", "room", "rows"),
    [
        ("", 5, [""]),
        ("one two", 7, ["one two"]),
        ("one two", 6, ["one", "two"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("日本語です", 4, ["日本", "語で", "す"]),
        ("a  b", 3, ["a ", "b"]),
    ],
)
def test_lines_break_between_words(text: str, room: int, rows: list[str]) -> None:
    """A word that is wider than the room is cut, and there is no empty row before it."""
    assert wrap(text, room) == rows


def test_states_are_told_without_colour() -> None:
    """Each has a mark or a word of its own."""
    own = Post(NOON, "alice", "x", "m1", own=True, delivery=Delivery.STORED)
    marks = set()
    for delivery in Delivery:
        own.delivery = delivery
        marks.add("".join(rows_of(own)).rstrip()[-1])
    assert len(marks) == len(Delivery)
    assert "@" in rows_of(Post(NOON, "bob", "x", "m1", mention=True))[0]
    assert "!" in rows_of(Happening(NOON, "x", Sort.ERROR))[0]
