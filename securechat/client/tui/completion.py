"""What Tab offers for the word before the cursor: commands, channels, people, emoji by their names."""

from collections.abc import Iterable, Mapping
from typing import Final

from securechat.client.tui.chat import Chat
from securechat.irc.names import fold

EMOJI: Final[Mapping[str, str]] = {
    "+1": "👍", "-1": "👎", "tada": "🎉", "heart": "❤️", "smile": "🙂",
    "grin": "😀", "joy": "😂", "wink": "😉", "cry": "😢", "sob": "😭",
    "thinking": "🤔", "eyes": "👀", "fire": "🔥", "rocket": "🚀", "check": "✅",
    "x": "❌", "warning": "⚠️", "bug": "🐛", "wave": "👋", "pray": "🙏",
    "clap": "👏", "ok": "👌", "muscle": "💪", "coffee": "☕", "beer": "🍺",
    "cake": "🎂", "star": "⭐", "bulb": "💡", "hourglass": "⏳", "shrug": "🤷",
    "facepalm": "🤦", "party": "🥳", "100": "💯", "zzz": "💤", "sun": "☀️",
    "rain": "🌧️", "snow": "❄️", "ship": "🚢", "lock": "🔒", "key": "🔑",
    "link": "🔗", "pin": "📌", "bell": "🔔", "boom": "💥", "skull": "💀",
    "cat": "🐱", "dog": "🐶", "poop": "💩", "raised_hands": "🙌", "white_check_mark": "✅",
    "question": "❓", "exclamation": "❗",
}  # fmt: skip


def complete(line: str, chat: Chat, commands: Iterable[str]) -> list[str]:
    """Return what the line up to the cursor could become, the likeliest first."""
    head, _, word = line.rpartition(" ")
    if not word:
        return []
    before = f"{head} " if head or line.startswith(" ") else ""
    if word.startswith("/") and not before:
        return [f"/{name} " for name in sorted(commands) if name.startswith(word[1:].lower())]
    if word.startswith(":"):
        return [f"{before}{emoji} " for name, emoji in EMOJI.items() if name.startswith(word[1:].lower())]
    if word.startswith("#"):
        names = sorted(place.name for place in chat.conversations.values() if place.is_channel)
        return [f"{before}{name} " for name in names if fold(name).startswith(fold(word))]
    return _people(before, word, chat)


def _people(before: str, word: str, chat: Chat) -> list[str]:
    at = "@" if word.startswith("@") else ""
    wanted, place = fold(word.removeprefix("@")), chat.current
    known = [
        *place.speakers(),
        *place.nicks,
        *(p.name for p in chat.conversations.values() if not p.is_channel),
    ]
    found = dict.fromkeys(nick for nick in known if nick and fold(nick).startswith(wanted))
    end = ": " if not before and not at else " "
    return [f"{before}{at}{nick}{end}" for nick in found if fold(nick) != fold(chat.me)]
