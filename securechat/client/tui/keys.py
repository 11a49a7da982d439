"""The keys and what they do. The names at the left are those of `[keys]` in the settings."""

from collections.abc import Mapping
from typing import Final

from textual.binding import Binding
from textual.widget import Widget

from securechat.client.tui.language import later

ACTIONS: Final[Mapping[str, tuple[str, str, str]]] = {
    "switcher": ("ctrl+k", "switcher", later("go to a channel or person by name")),
    "next_unread": ("alt+a", "next_unread", later("go to the next conversation with something new")),
    "first_unread": ("alt+u", "first_unread", later("go to the first new message here")),
    "up": ("pageup", "scroll(-1)", later("back in what was said, as far as the server keeps it")),
    "down": ("pagedown", "scroll(1)", later("forward")),
    "end": ("ctrl+end", "end", later("to the newest message; so does End after the draft")),
    "select_up": ("alt+up,ctrl+up", "select(-1)", later("select a message, then the one above")),
    "select_down": ("alt+down,ctrl+down", "select(1)", later("select the message below")),
    "thread": ("alt+t", "thread", later("open a thread and write in it, or close it")),
    "above": ("alt+pageup,ctrl+pageup", "neighbour(-1)", later("the conversation above in the side bar")),
    "below": ("alt+pagedown,ctrl+pagedown", "neighbour(1)", later("the conversation below")),
    "members": ("f3", "members", later("who is here")),
    "bare": ("f2", "bare", later("nothing beside the text and no mouse, to mark text; and back")),
    "editor": ("ctrl+o", "editor", later("write the draft in $EDITOR")),
    "help": ("f1", "explain", later("this help")),
    "quit": ("ctrl+q", "leave", later("end the program")),
}
"""For each name: the keys, the action of the app, and what it does."""
BINDINGS: Final = [
    Binding(key, action, show=False, priority=True, id=name) for name, (key, action, _help) in ACTIONS.items()
]
BEHIND: Final = frozenset(action.partition("(")[0] for _key, action, _help in ACTIONS.values()) - {"leave"}
"""The actions that wait while a screen is open above the conversation: their keys are that screen's then."""
SELECTED: Final[Mapping[str, str]] = {
    "r": later("reply"),
    "e": later("edit"),
    "d": later("delete"),
    "+": later("react"),
    "t": later("thread"),
    "p": later("pin"),
    "u": later("unread"),
    "c": later("copy"),
    "o": later("open the link"),
}
"""What the keys do while a message is selected."""


def actions(widget: type[Widget]) -> Mapping[str, str]:
    """Return the keys that a kind of widget of Textual's binds, and their actions."""
    bindings = [binding for binding in widget.BINDINGS if isinstance(binding, Binding)]
    return {key: binding.action for binding in bindings for key in binding.key.split(",")}
