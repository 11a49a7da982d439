"""The server's word filter, for whatever members show to many: in channels, and of themselves.

What two people write to each other is theirs. Operators are not filtered while they have their powers.
"""

from collections.abc import Callable
from typing import Final

from securechat.chat.turn.context import Context
from securechat.chat.wordfilter import STARS, Verdict

LONG: Final = 2048
"""Characters of a text that is judged in a turn of its own."""


def judged(ctx: Context, text: str) -> Verdict:
    """Return what becomes of a text that the session wants to show."""
    words = ctx.settings.words
    if not words.active or not text or ctx.session.operator is not None:
        return Verdict(None, text, None)
    return words.judge(text)


def when_judged(ctx: Context, text: str, then: Callable[[], None]) -> None:
    """Go on with a text; with a long one, which takes its time to judge, in a turn of its own."""
    filter_ = ctx.settings.words
    if not filter_.active or len(text) < LONG or ctx.session.operator is not None:
        then()
        return
    verdict = filter_.judge(text)

    def go_on() -> None:
        filter_.know(text, verdict)  # others may have said something meanwhile
        then()

    ctx.when_stored(go_on)


def refusal(ctx: Context, text: str) -> str | None:
    """Return why the session may not show a text, None when it may."""
    word = judged(ctx, text).refused
    return f"the word filter refuses {word!r}" if word is not None else None


def name_refusal(ctx: Context, name: str) -> str | None:
    """Return why something may not be called so: in a name nothing can be replaced."""
    verdict = judged(ctx, name)
    return None if verdict.refused is None and verdict.text == name else "the word filter refuses this"


def seen(ctx: Context, text: str) -> str:
    """Return what is shown of a text that cannot be refused: nothing of one that would be."""
    verdict = judged(ctx, text)
    return verdict.text if verdict.refused is None else STARS
