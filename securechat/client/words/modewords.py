"""Changes of modes in words. A mode that is not known here is shown by its letter."""

from collections.abc import Mapping
from typing import Final

from securechat.client.events import ModesChanged
from securechat.irc.names import is_channel
from securechat.irc.text import count

_RANKS: Final[Mapping[str, str]] = {
    "q": "founder",
    "a": "admin",
    "o": "operator",
    "h": "half-operator",
    "v": "speaker (voice)",
}
_LISTS: Final[Mapping[str, tuple[str, str]]] = {
    "b": ("has banned {0} from {1}", "has lifted the ban of {0} from {1}"),
    "e": ("has exempted {0} from the bans of {1}", "has ended the exemption of {0} from the bans of {1}"),
    "I": ("lets {0} into {1} without invitation", "lets {0} into {1} only by invitation"),
}
_MUTES: Final = ("has muted {0} in {1}", "lets {0} speak in {1} again")
_SETTINGS: Final[Mapping[str, tuple[str, str]]] = {
    "k": ("a key is needed to join {1}", "no key is needed to join {1} any more"),
    "l": ("{1} takes at most {2}", "{1} takes any number of members"),
    "f": ("people who cannot join {1} are sent on to {0}", "nobody is sent on from {1} any more"),
    "W": ("in {1} everybody may send one message in {2}", "{1} is not in slow mode any more"),
    "i": ("{1} is only for those who are invited", "{1} is open to everybody"),
    "m": ("only members with a rank speak in {1}", "all members speak in {1}"),
    "n": ("only members speak in {1}", "everybody may speak in {1}"),
    "p": ("{1} is private", "{1} is not private any more"),
    "s": ("{1} is secret", "{1} is not secret any more"),
    "t": ("only half-operators and up change the topic of {1}", "all members may change the topic of {1}"),
    "u": (
        "in {1} only members with a rank see the members without one",
        "in {1} everybody sees who is there",
    ),
    "c": ("{1} takes no colours and other formatting", "{1} takes colours and other formatting"),
    "C": ("{1} takes no CTCP", "{1} takes CTCP"),
    "U": (
        "only half-operators and up see the messages of members without a rank in {1}",
        "everybody in {1} sees the messages of all members",
    ),
}
_COUNTED: Final = {"l": "member", "W": "second"}
_OWN: Final[Mapping[str, tuple[str, str]]] = {
    "o": ("You have an operator's powers now", "You have no operator's powers any more"),
    "w": ("You get announcements to everybody", "You get no announcements to everybody any more"),
    "s": ("You get the server's notices for operators", "You get no notices for operators any more"),
    "i": ("You are not in lists for people outside your channels", "You are in lists for everybody"),
    "B": ("You are marked as a bot", "You are not marked as a bot any more"),
}


def changes_in_words(event: ModesChanged) -> list[str]:
    """Return a line for each change."""
    return [_change(event, *change) for change in event.changes]


def _change(event: ModesChanged, added: bool, letter: str, argument: str) -> str:
    target, by = event.target, event.by
    if not is_channel(target):
        unknown = f"Mode {letter} of {target} is {'set' if added else 'off'}"
        return _OWN[letter][not added] if event.own and letter in _OWN else unknown
    if letter in _RANKS:
        rank = _RANKS[letter]
        if not by or "." in by:  # the server
            return f"{argument} is {'' if added else 'no longer '}{rank} of {target}"
        return f"{by} has made {argument} {rank} of {target}" if added else _taken(by, argument, rank, target)
    if letter in _LISTS:
        muted = letter == "b" and argument.startswith("$m:")
        whom = argument.removeprefix("$m:") if muted else argument
        words = _MUTES if muted else _LISTS[letter]
        return f"{by} {words[not added].format(whom.removeprefix('$a:'), target)}"
    if letter in _SETTINGS:
        number = argument.isascii() and argument.isdigit() and letter in _COUNTED
        counted = count(int(argument), _COUNTED[letter]) if number else argument
        return f"{by}: {_SETTINGS[letter][not added].format(argument, target, counted)}"
    return f"{by} has {'set' if added else 'ended'} mode {letter} of {target}"


def _taken(by: str, nick: str, rank: str, channel: str) -> str:
    if by == nick:
        return f"{by} gives up being {rank} of {channel}"
    return f"{by} has ended that {nick} is {rank} of {channel}"
