"""Texts as words to search for: one segmentation for every database, for what is stored and what is asked.

Words are runs of letters, digits and their marks, in one case and compatibility form (NFKC, casefolded).
Scripts that do not put blanks between words are cut into pairs of characters that overlap, and the last
character of a run is a token, too: so each character of it begins a token, and a search for a single one is a
search for what begins with it. IRC's formatting codes are not part of a text.

The index holds what this made of a message, and what is taken out of the index has to be the same. A change
of the segmentation needs a migration that empties the index.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from securechat.irc.text import loosened

_FORMATTING: Final = re.compile(
    r"\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?|\x04(?:[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?)?"
    r"|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)
_ACTION: Final = "\x01ACTION "
_ASCII_WORDS: Final = re.compile(r"[a-z0-9]+")
_UNSPACED: Final = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f"  # Myanmar
    "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"  # Hangul, whose particles hang on to words
    "\u1780-\u17ff"  # Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # Hiragana, Katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_QUOTED: Final = re.compile(r'"([^"]*)"?|([^\s"]+)')
MAX_TERMS: Final = 20


@dataclass(frozen=True, slots=True)
class Term:
    """Tokens that follow each other in a text; of the last one the beginning is enough if `prefix`."""

    tokens: tuple[str, ...]
    prefix: bool = False


def segment(text: str) -> list[str]:
    """Return the tokens of a text, in their order."""
    return [token for run in _runs(text) for token in _pieces(run)]


def terms(text: str) -> tuple[Term, ...]:
    """Read what a person searches for: words, and "phrases"; a star after a word stands for any ending.

    At most `MAX_TERMS` of them; () when there is nothing that can be searched for.
    """
    found = [_term(quoted or word, quoted is not None) for quoted, word in _asked(text)]
    return tuple(term for term in found if term.tokens)[:MAX_TERMS]


def holds(tokens: Sequence[str], wanted: Sequence[Term]) -> bool:
    """Return whether a text of these tokens has every one of the terms."""
    return all(_holds(tokens, term) for term in wanted)


def _holds(tokens: Sequence[str], term: Term) -> bool:
    *before, last = term.tokens
    for at in range(len(tokens) - len(before)):
        if list(tokens[at : at + len(before)]) == before:
            end = tokens[at + len(before)]
            if end == last or (term.prefix and end.startswith(last)):
                return True
    return False


def _asked(text: str) -> Iterator[tuple[str | None, str]]:
    for match in _QUOTED.finditer(text):
        yield match[1], match[2] or ""


def _term(text: str, phrase: bool) -> Term:
    runs = _runs(text)
    if not runs:
        return Term(())
    last = runs.pop()
    tokens = [token for run in runs for token in _pieces(run)]
    if not _is_unspaced(last):
        return Term((*tokens, last), prefix=not phrase and text.endswith("*"))
    # In the text that is looked for, the run may go on where the search ends.
    return Term((*tokens, *(_pieces(last)[:-1] or [last])), prefix=len(last) == 1)


def _runs(text: str) -> list[str]:
    """Cut a text where words end, and where scripts with and without blanks meet."""
    if text.startswith(_ACTION):
        text = text[len(_ACTION) :]
    text = text.replace("\n\r", "")  # a line that goes on in the next one (see `multiline`)
    if text.isascii():
        return _ASCII_WORDS.findall(_FORMATTING.sub("", text).lower())
    folded = _composed(_composed(loosened(_FORMATTING.sub("", text))).casefold())
    return _words().findall(folded)


def _composed(text: str) -> str:
    return text if unicodedata.is_normalized("NFKC", text) else unicodedata.normalize("NFKC", text)


def _pieces(run: str) -> list[str]:
    if len(run) == 1 or not _is_unspaced(run):
        return [run]
    return [*(run[at : at + 2] for at in range(len(run) - 1)), run[-1]]


def _is_unspaced(run: str) -> bool:
    return not run.isascii() and _unspaced().match(run) is not None


@cache
def _words() -> re.Pattern[str]:
    """Runs of unspaced scripts, and runs of other letters and digits with the marks that belong to them."""
    marks = "".join(
        char
        for char in map(chr, range(0x0300, 0x11FFF))
        if unicodedata.category(char) in ("Mn", "Mc") and not _unspaced().match(char)
    )
    return re.compile(rf"[{_UNSPACED}]+|(?:[^\W_{_UNSPACED}]|[{marks}])+")


@cache
def _unspaced() -> re.Pattern[str]:
    return re.compile(f"[{_UNSPACED}]")
