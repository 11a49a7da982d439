"""Names of accounts and channels: which are valid, which are the same, which look alike.

A valid name passes PRECIS (RFC 8265, UsernameCaseMapped) and is written in one script, by UTS 39's rules for
identifiers: scripts that one language mixes count as one, digits come from one system, and marks do not pile
up. Two names are the same when their `fold` is (ISUPPORT `UTF8MAPPING=rfc8265`), and look alike when their
`skeleton` is.

ASCII names, nearly all of them, take short ways that need neither PRECIS nor the tables of Unicode, which
are imported when the first other name comes.
"""

import unicodedata
from functools import cache, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

from securechat.irc.confusables import skeleton
from securechat.irc.homoglyphs import script_of

if TYPE_CHECKING:
    from precis_i18n.profile import Profile

__all__ = ["InvalidName", "check_account", "check_channel", "fold", "is_channel", "skeleton"]

ACCOUNT_CHARS: Final = 32
"""The most characters of an account's name."""

NAME_BYTES: Final = 64
"""The most bytes of UTF-8 of any name; a channel's "#" counts."""

_ACCOUNT_SIGNS: Final = frozenset("_-")
_CHANNEL_SIGNS: Final = frozenset("_-.+/#")

# UTS 39, section 5.1: augmented script sets.
_WRITTEN_TOGETHER: Final = (
    frozenset({"HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"HAN", "BOPOMOFO"}),
    frozenset({"HAN", "HANGUL"}),
)
_KANA: Final = frozenset({"HIRAGANA", "KATAKANA"})
_LONG_VOWEL: Final = "\u30fc"  # the only letter of no particular script that a name may hold, among kana
_MARKS_IN_A_ROW: Final = 4  # UTS 39, section 5.4
_LONGEST_WRITING: Final = 2 * NAME_BYTES  # code points that 64 bytes can decompose to, rounded up


class InvalidName(ValueError):
    """The name cannot be used. The text says why, to the person who chose it."""


def check_account(name: str) -> str:
    """Return the account name as it is to be displayed: NFC, case kept. Raises InvalidName."""
    name = _check_characters(name, _ACCOUNT_SIGNS)
    if name[0] == "-" or name[0].isdecimal():
        raise InvalidName('A name cannot begin with a digit or "-".')
    if len(name) > ACCOUNT_CHARS or len(name.encode()) > NAME_BYTES:
        raise InvalidName(f"A name has at most {ACCOUNT_CHARS} characters, and {NAME_BYTES} bytes of UTF-8.")
    return name


def load_tables() -> None:
    """Load the tables for names other than ASCII now: that takes 20 to 40 ms, once."""
    skeleton(check_account("\u00e4"))


def check_channel(name: str) -> str:
    """Return the channel name as it is to be displayed: "#", then NFC, case kept. Raises InvalidName."""
    if not is_channel(name):
        raise InvalidName('The name of a channel begins with "#".')
    name = "#" + _check_characters(name[1:], _CHANNEL_SIGNS)
    if len(name.encode()) > NAME_BYTES:
        raise InvalidName(f"The name of a channel has at most {NAME_BYTES} bytes of UTF-8.")
    return name


def is_channel(name: str) -> bool:
    """Whether a target is a channel's name rather than a nick."""
    return name.startswith("#")


def fold(name: str) -> str:
    """The form of a nick, account or channel name that is the same for all its spellings.

    Never fails: a name that PRECIS refuses comes back in lower case, which is no valid name's fold.
    """
    return name.lower() if name.isascii() else _fold_unicode(name)


@lru_cache(maxsize=4096)
def _fold_unicode(name: str) -> str:
    if len(name) > _LONGEST_WRITING:  # do not let a peer buy much work with a long target
        return name.lower()
    sigil, rest = ("#", name[1:]) if is_channel(name) else ("", name)
    try:
        return sigil + _profile("UsernameCaseMapped").enforce(rest)
    except UnicodeEncodeError:
        return name.lower()


def _check_characters(name: str, signs: frozenset[str]) -> str:
    if not name:
        raise InvalidName("A name needs at least one character.")
    if not name.isascii():
        name = _enforce("UsernameCasePreserved", name)
        _enforce("UsernameCaseMapped", name)  # a valid name has a fold
        _check_marks(name)
        _check_script(name)
    for char in name:
        # After PRECIS the letters, marks and digits are those of its class LetterDigits.
        if char not in signs and unicodedata.category(char)[0] not in "LMN":
            allowed = " ".join(sorted(signs))
            raise InvalidName(f"A name holds letters, digits and {allowed}, not {_show(char)}.")
    return name


def _check_marks(name: str) -> None:
    if unicodedata.category(name[0]).startswith("M"):
        raise InvalidName("A name cannot begin with a combining mark.")
    marks = 0
    for before, char in pairwise(unicodedata.normalize("NFD", name)):
        marks = marks + 1 if unicodedata.category(char) == "Mn" else 0
        if marks > _MARKS_IN_A_ROW or (marks and before == char):
            raise InvalidName(f"There are too many combining marks at {_show(char)}.")


def _check_script(name: str) -> None:
    scripts: set[str] = {script_of(char) for char in name} - {"COMMON", "INHERITED"}
    if len(scripts) > 1 and not any(scripts <= together for together in _WRITTEN_TOGETHER):
        mixed = " and ".join(script.replace("_", " ").title() for script in sorted(scripts))
        raise InvalidName(f"A name is written in one script; this one mixes {mixed}.")
    for char in name:
        of_no_script = char.isalpha() and script_of(char) in ("COMMON", "Unknown")
        if of_no_script and not (char == _LONG_VOWEL and scripts & _KANA):
            raise InvalidName(f"{_show(char)} belongs to no script that is known here.")
    zeros = {ord(char) - unicodedata.decimal(char) for char in name if char.isdecimal()}
    if len(zeros) > 1:
        raise InvalidName("The digits of a name come from one script.")


def _enforce(profile: Literal["UsernameCasePreserved", "UsernameCaseMapped"], name: str) -> str:
    try:
        return _profile(profile).enforce(name)
    except UnicodeEncodeError as error:
        if error.end - error.start == 1:
            raise InvalidName(f"{_show(error.object[error.start])} cannot stand in a name.") from None
        rule = error.reason.rpartition("/")[2].replace("_", " ")
        raise InvalidName(f"The name breaks a rule for names in Unicode, the {rule} (RFC 8265).") from None


@cache
def _profile(name: Literal["UsernameCasePreserved", "UsernameCaseMapped"]) -> "Profile":
    from precis_i18n import get_profile

    return get_profile(name)


def _show(char: str) -> str:
    """A character for an error text: its code point unless it can be seen and does no harm."""
    return char if "!" <= char <= "~" else f"U+{ord(char):04X}"
