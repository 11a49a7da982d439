"""Text from the network, made safe for a terminal. Everything that this package prints passes through `safe`.

A message, nick, topic or certificate name can hold escape sequences (which move the cursor, retitle the
window or write the clipboard), bidirectional controls (which reorder what surrounds them), and characters
that nobody sees. Letters of every script, accents and emoji stay as they are.
"""

import re
import unicodedata
from typing import Final

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

# modern.ircdocs.horse, "Formatting": colours are followed by digits that belong to them.
_FORMATTING: Final = re.compile(
    "\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?"
    "|\x04(?:[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?)?"
    "|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)
_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f"
    "\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000"  # blanks and line ends
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional marks, embeddings, overrides, isolates
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # invisible: fillers, tags, annotations
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
# The joiners that emoji and several scripts need. Next to ASCII they have no use but to make two things look
# alike.
_STRAY_JOINER: Final = re.compile("(?<![^\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f])")
_MOST_MARKS: Final = 6
"""Combining marks in a row: enough for every orthography, too few to paint over the lines above."""
_JOINERS: Final = "\u200c\u200d"
_ALREADY_JOINED: Final = (["\u200c"], ["\u200d"])
_VOWEL: Final = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff]")
"""What joins the Korean consonant before it."""
_MOST_JOINERS: Final = 10
"""Characters that are joined in a row: a family of four with the colours of its skins has seven."""


def safe(text: str) -> str:
    """Return one line of text in which every character is only what it looks like.

    Controls become visible pictures, and every kind of blank or line end a space; IRC's formatting codes and
    invisible characters are dropped. Applied twice it changes nothing more.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _UNSAFE.sub(_replacement, _FORMATTING.sub("", text))
    if text.isascii():
        return text
    return _cap_marks(_STRAY_JOINER.sub("", text))


def _replacement(found: re.Match[str]) -> str:
    char = found[0]
    if char.isspace() or char == "\u2800":
        return " "
    if char < " ":
        return chr(0x2400 + ord(char))  # U+2400 to U+241F are pictures of U+0000 to U+001F
    if char == "\x7f":
        return "\u2421"
    is_error = "\x80" <= char <= "\x9f" or unicodedata.category(char) in ("Cs", "Cn")
    return REPLACEMENT if is_error else ""


def _cap_marks(text: str) -> str:
    """Keep so many marks on a letter, and characters joined into one, that nothing is painted over."""
    kept: list[str] = []
    marks = joiners = 0
    after_joiner = False
    for char in text:
        if char in _JOINERS:
            joiners += 1
            after_joiner = True
            if joiners <= _MOST_JOINERS and kept[-1:] not in _ALREADY_JOINED:
                kept.append(char)
            continue
        if unicodedata.category(char) in ("Mn", "Me") or _VOWEL.match(char):
            marks += 1
        else:
            marks, joiners = 0, joiners if after_joiner else 0
        after_joiner = False
        if marks <= _MOST_MARKS:
            kept.append(char)
    return "".join(kept)
