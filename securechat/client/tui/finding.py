"""Searching: what a person types becomes the server's query, and what is found can be gone to."""

from collections.abc import Iterator
from typing import Final

from securechat.client.safe import safe
from securechat.client.tui.drawing import clock, day
from securechat.client.tui.entries import Post
from securechat.client.tui.screens import Choice

_ESCAPE: Final = str.maketrans({"\\": r"\\", ";": r"\:", " ": r"\s"})
_NAMED: Final = {"in:": "in", "from:": "from"}
Finding = tuple[str, Post]
"""Where something was said, and what."""


def query_of(text: str) -> str:
    """Turn `words in:#channel from:name` into the attributes of SEARCH."""
    return ";".join(f"{name}={value.translate(_ESCAPE)}" for name, value in _attributes(text))


def _attributes(text: str) -> Iterator[tuple[str, str]]:
    words: list[str] = []
    for word in text.split():
        name = next((name for name in _NAMED if word.startswith(name) and len(word) > len(name)), "")
        if name:
            yield _NAMED[name], word.removeprefix(name)
        else:
            words.append(word)
    if words:
        yield "text", " ".join(words)


def choices(found: list[Finding]) -> list[Choice[Finding]]:
    """What is found as rows, the newest first."""
    return [
        Choice(
            f"{day(post.time)} {clock(post.time)}  {where}  {post.sender}: {' '.join(post.text.split())}",
            f"{where} {post.sender} {safe(post.text)}",
            (where, post),
        )
        for where, post in sorted(found, key=lambda finding: finding[1].time, reverse=True)
    ]
