"""Words that are not wanted: rules of whoever runs the server, and what is done where one fits.

A rule is `refuse WORD`, `replace WORD` or `report WORD`. A word may begin or end with `*`, which stands for
more letters, and may be several words, in this order. Nothing else is a wildcard.

Theory of operation. A text is brought into one form: compatibility forms, case, formatting and invisible
characters are gone, and whatever is no letter or digit is one blank. A rule then is a text that either is in
it or is not: `bad*` is " bad". All rules are looked for in one pass, a step for each character, whatever the
rules and the text are. Of regular expressions that cannot be said: one that is written a little wrong takes
years for some text, and a member who finds that text stops the server.
"""

import re
import unicodedata
from collections import deque
from collections.abc import Iterable, Sequence
from enum import Enum
from itertools import chain
from typing import Final, NamedTuple

from securechat.irc.text import loosened

MAX_RULES: Final = 100
MAX_PATTERN: Final = 64
"""Characters of the word of a rule."""
STARS: Final = "***"
"""What stands for a word that is replaced."""
_LONGEST: Final = {0xFDFA: " ", 0xFDFB: " "}
"""Signs that stand for 18 and 8 letters: whole sayings, in which no rule has to fit."""
_EXPANDED: Final = 3
"""How many times longer a text may become by its compatibility forms, which are looked at only then."""
_UNSEEN: Final = re.compile(
    "\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?|\x04(?:[0-9a-fA-F]{6})?|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
    "|[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]"
)
_BETWEEN: Final = re.compile(r"[\W_]+")
_WORD: Final = re.compile(r"([^\W_]+)")


class Action(Enum):
    """What is done with a text in which a rule fits."""

    REFUSE = "refuse"
    REPLACE = "replace"
    REPORT = "report"


class Rule(NamedTuple):
    """One rule: its word as it was written, and what is looked for in a text in the one form."""

    action: Action
    pattern: str
    needle: str


class Verdict(NamedTuple):
    """What becomes of a text: the word for which it is refused, what is said instead, what is reported."""

    refused: str | None
    text: str
    reported: str | None


def parse(text: str) -> Rule:
    """Read a rule. Raises ValueError, whose text says what is wrong."""
    verb, _, pattern = text.partition(" ")
    try:
        action = Action(verb)
    except ValueError as error:
        raise ValueError(f"a rule begins with refuse, replace or report, not {verb!a}") from error
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"the word of a rule has at most {MAX_PATTERN} characters")
    inner = pattern.removeprefix("*").removesuffix("*")
    core = normal(inner).strip(" ")
    if "*" in inner or not core:
        raise ValueError("the word of a rule is letters and digits; a * may be its first or last sign")
    if action is Action.REPLACE and " " in core:
        raise ValueError("only single words can be replaced: use refuse or report")
    first, last = ("" if pattern.startswith("*") else " "), ("" if pattern.endswith("*") else " ")
    return Rule(action, pattern, f"{first}{core}{last}")


def normal(text: str) -> str:
    """Return a text in the one form, with a blank before and after it."""
    if text.isascii():
        plain = _UNSEEN.sub("", text).lower()
    else:
        seen = loosened(_UNSEEN.sub("", text).translate(_LONGEST))
        plain = unicodedata.normalize("NFKC", seen).casefold()
        if len(plain) > _EXPANDED * len(text):
            plain = text.casefold()
    return f" {_BETWEEN.sub(' ', plain).strip(' ')} "


class WordFilter:
    """The rules of a server, which are read once. Raises ValueError for what is no rule."""

    __slots__ = ("_found", "_last", "_replacing", "_steps", "active")

    def __init__(self, rules: Iterable[str] = ()) -> None:
        self._steps, self._found = _automaton([parse(rule) for rule in rules])
        self.active = len(self._steps) > 1
        """True when there are rules."""
        self._replacing = {
            state
            for state, found in enumerate(self._found)
            if any(rule.action is Action.REPLACE for rule in found)
        }
        self._last = "", Verdict(None, "", None)
        """What was judged last: whether a text is refused is asked first, and then what is said instead."""

    def judge(self, text: str) -> Verdict:
        """Return what becomes of a text."""
        if text is not self._last[0]:
            self._last = text, self._judged(text)
        return self._last[1]

    def know(self, text: str, verdict: Verdict) -> None:
        """Take it that a text, which was judged before, is the next one that is asked for."""
        self._last = text, verdict

    def _judged(self, text: str) -> Verdict:
        steps, found, replacing = self._steps, self._found, self._replacing
        state, blanks, met, places = 0, 0, dict[int, None](), list[int]()
        for char in normal(text):
            state = steps[state].get(char, 0)
            if found[state]:
                met[state] = None
                if state in replacing:
                    places.append(blanks - 1)
            blanks += char == " "
        first = dict[Action, str]()
        for rule in chain.from_iterable(found[state] for state in met):
            first.setdefault(rule.action, rule.pattern)
        refused = first.get(Action.REFUSE)
        if places and refused is None:
            text, refused = _replaced(text, places, blanks - 1, first[Action.REPLACE])
        return Verdict(refused, text, first.get(Action.REPORT))


def _replaced(text: str, places: Iterable[int], words: int, pattern: str) -> tuple[str, str | None]:
    """Replace the words at these places of a text that has so many words in the one form.

    Where it has not as many as it is written, the text is refused: nobody could say which word it is.
    """
    parts = _WORD.split(text)  # what is between the words, and at the odd places the words
    if len(parts) // 2 != words:
        return text, pattern
    for place in places:
        parts[2 * place + 1] = STARS
    return "".join(parts), None


def _automaton(rules: Sequence[Rule]) -> tuple[list[dict[str, int]], list[tuple[Rule, ...]]]:
    """Make what finds all rules in one pass over a text (A. Aho and M. Corasick, 1975).

    For each state: to which state a character leads, 0 for those that are not there, and which rules are
    found there.
    """
    steps, found = [dict[str, int]()], [list[Rule]()]
    for rule in rules:
        state = 0
        for char in rule.needle:
            if char not in steps[state]:
                steps[state][char] = len(steps)
                steps.append({})
                found.append([])
            state = steps[state][char]
        found[state].append(rule)
    waiting = deque((child, 0) for child in steps[0].values())
    while waiting:  # a state and its longest proper suffix that is a state, which is complete already
        state, suffix = waiting.popleft()
        waiting.extend((child, steps[suffix].get(char, 0)) for char, child in steps[state].items())
        found[state] += found[suffix]
        steps[state] = {**steps[suffix], **steps[state]}
    return steps, [tuple(rules) for rules in found]
