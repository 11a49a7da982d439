"""Where text goes in the plain client, and the channels that one is in."""

from securechat.client.events import Event, Joined, Left, Ready, Renamed
from securechat.irc.names import fold

_HOW_ON = "/help lists the commands, exit quits."


class Aim:
    """The target of what is typed; "" is nowhere. `first` is the channel to begin with, "" for any."""

    def __init__(self, first: str = "") -> None:
        self.target = ""
        self._first = first
        self._channels: dict[str, str] = {}

    def at(self, target: str) -> None:
        """Let text go to this channel or person from now on."""
        self.target = self._channels.get(fold(target), target)

    @property
    def channels(self) -> list[str]:
        """The channels that one is in."""
        return list(self._channels.values())

    def prompt(self, *, online: bool, waiting: int) -> str:
        """Return what stands before the input; `waiting` messages are not confirmed."""
        target = self.target or "no channel"
        if online:
            return f"{target}> "
        return f"{target} (offline, {waiting} waiting)> " if waiting else f"{target} (offline)> "

    def is_in(self, channel: str) -> bool:
        """Whether one is in this channel."""
        return fold(channel) in self._channels

    def take_note(self, event: Event) -> None:
        """Take what has happened into account."""
        match event:
            case Joined(channel, own=True):
                self._channels[fold(channel)] = channel
            case Left(channel, own=True):
                self._channels.pop(fold(channel), None)
                if fold(channel) == fold(self.target):
                    self.target = next(iter(self._channels.values()), "")
            case Renamed(old, new):
                if self._channels.pop(fold(old), None) is not None:
                    self._channels[fold(new)] = new
                if fold(old) == fold(self.target):
                    self.target = new
            case _:
                pass

    def begin(self, ready: Ready) -> str:
        """The first login is done: text goes to the channel that was asked for, else to the first there is.

        When the server refused the channel that was asked for, text goes nowhere rather than to other people.
        Returns the line that says so.
        """
        if self._first:
            self.target = self._channels.get(fold(self._first), "")
        else:
            self.target = "".join(ready.channels[:1])
        if self.target:
            return f"* Your text goes to {self.target}. {_HOW_ON}"
        return f"* You are in no channel: enter one with /join #name. {_HOW_ON}"
