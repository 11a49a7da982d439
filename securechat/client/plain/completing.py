"""What Tab makes of the beginning of a word: a command, a channel, or a person's name."""

from collections.abc import Iterable, Sequence

from securechat.client.plain.aim import Aim
from securechat.client.plain.lately import Lately
from securechat.irc.names import fold, is_channel


def completions(left: str, commands: Iterable[str], lately: Lately, aim: Aim) -> Sequence[str]:
    """Return what the last word of the text before the cursor may become, with what comes behind it."""
    word = left.rpartition(" ")[2]
    at_start = " " not in left
    if at_start and left.startswith("/") and not left.startswith("//"):
        return [f"/{name} " for name in sorted(commands) if name.startswith(left[1:].lower())]
    if not word:
        return []
    known = (
        aim.channels if word.startswith("#") else (name for name in lately.names() if not is_channel(name))
    )
    end = ": " if at_start and not word.startswith("#") else " "
    found = (name for name in known if fold(name).startswith(fold(word)))
    return [name + end for name in sorted(found, key=fold)]
