"""Commands about what one wants oneself: what notifies, who is not heard, what is pinned."""

from typing import Final

from securechat.client.protocol.sendable import check_target
from securechat.client.tui.language import _
from securechat.client.tui.settings import CHOICES
from securechat.client.tui.window import Misused, Window, channel_and_rest, chosen_post, somewhere

LEVELS: Final = ("all", "mentions", "nothing")


def pin(window: Window, argument: str) -> None:
    """Pin a message."""
    window.request("PIN", channel_and_rest(window, "")[0], chosen_post(window).id)


def unpin(window: Window, argument: str) -> None:
    """Take a pin off."""
    window.request("UNPIN", channel_and_rest(window, "")[0], chosen_post(window).id)


def pins(window: Window, argument: str) -> None:
    """Show what is pinned."""
    window.pins(channel_and_rest(window, argument)[0])


def mute(window: Window, argument: str) -> None:
    """Let a conversation not notify, or let it again."""
    place = somewhere(window)
    window.chat.mute(place, not place.muted)
    text = _("{name} is muted: nothing here notifies you") if place.muted else _("{name} notifies you again")
    window.chat.note(text.format(name=place.name))


def notify(window: Window, argument: str) -> None:
    """Choose what of a conversation notifies, or how the terminal does it."""
    if argument in CHOICES["notify"]:
        window.choose("notify", argument)
        return
    place = somewhere(window)
    if argument not in LEVELS:
        raise Misused
    window.chat.choose_notify(place, argument)
    texts = {
        "all": _("{name}: every message notifies you"),
        "mentions": _("{name}: messages that name you notify you, and those to you alone"),
        "nothing": _("{name}: nothing notifies you"),
    }
    window.chat.note(texts[argument].format(name=place.name))


def ignore(window: Window, argument: str) -> None:
    """Keep somebody's messages away, and show whom one ignores."""
    if argument:
        window.request("SILENCE", f"+{check_target(argument)}")
    window.request("SILENCE")


def unignore(window: Window, argument: str) -> None:
    """Hear somebody again."""
    if not argument:
        raise Misused
    window.request("SILENCE", f"-{check_target(argument)}")
    window.request("SILENCE")
