"""Changing the modes of a channel: what MODE asks for, letter by letter, by the rules of ranks."""

from collections.abc import Callable
from typing import Final

from securechat.chat import limits, masks
from securechat.chat.membership import RANKS, is_at_least
from securechat.chat.modes import CHANGED_BY, GRANTED_BY, MODES, Kind
from securechat.chat.records import ListEntry
from securechat.chat.rules.access import has_rank
from securechat.chat.rules.mode_draft import Asked, Draft, parse
from securechat.chat.state.channel import Channel
from securechat.chat.turn.context import Context
from securechat.irc import numerics as num
from securechat.irc.names import is_channel
from securechat.irc.text import printable
from securechat.irc.timestamp import format_ms

QUERIES: Final = {
    "b": (num.RPL_BANLIST, num.RPL_ENDOFBANLIST, "End of channel ban list"),
    "e": (num.RPL_EXCEPTLIST, num.RPL_ENDOFEXCEPTLIST, "End of channel exception list"),
    "I": (num.RPL_INVEXLIST, num.RPL_ENDOFINVEXLIST, "End of channel invite exception list"),
}

Check = Callable[[Context, Channel, str], tuple[str, str]]


def change(ctx: Context, channel: Channel, params: tuple[str, ...], *, force: bool = False) -> None:
    """Make the changes of one MODE command; `force` does not ask for ranks (SAMODE)."""
    change = _Change(ctx, channel, force)
    change.make(params)
    record = change.draft.record(ctx.chat.next_id(), ctx.chat.now.wall, ctx.user.nick)
    if record is not None:
        ctx.record(record)


class _Change:
    """One MODE command on its way: each refusal is said once."""

    def __init__(self, ctx: Context, channel: Channel, force: bool) -> None:
        self.ctx = ctx
        self.channel = channel
        self.force = force
        self.draft = Draft(channel)
        self._said: set[str] = set()
        self._shown: set[str] = set()

    def make(self, params: tuple[str, ...]) -> None:
        with_argument = 0
        for asked in parse(params[0], params[1:]):
            with_argument += asked.argument is not None
            if with_argument > limits.MAX_MODES:
                text = f"Only the first {limits.MAX_MODES} changes with a parameter were looked at"
                self.ctx.fail("INVALID_PARAMS", self.channel.name, text=text)
                return
            self._one(asked)

    def _one(self, asked: Asked) -> None:
        known = MODES.get(asked.letter)
        if asked.letter in RANKS:
            self._rank(asked)
        elif known is None:
            letter = printable(asked.letter)
            self._once(num.ERR_UNKNOWNMODE, letter, text="Unknown mode: HELP CMODE lists what there is")
        elif known.kind is Kind.LIST and asked.argument is None:
            self._query(asked.letter)
        elif self._allowed(CHANGED_BY, "change its modes"):
            if known.kind is Kind.LIST:
                self._entry(asked)
            else:
                self._flag(asked)

    # What is asked for

    def _query(self, kind: str) -> None:
        """Show a list: bans to members, the others to those who change them."""
        if not self.force and self.ctx.user.id not in self.channel.members:
            self._once(num.ERR_NOTONCHANNEL, self.channel.name, text="You're not on that channel")
            return
        if kind != "b" and not self._allowed(CHANGED_BY, "see this list"):
            return
        if kind in self._shown:
            return
        self._shown.add(kind)
        row, end, text = QUERIES[kind]
        for mask, entry in self.draft.lists[kind].items():
            params = (self.channel.name, mask, entry.setter, str(entry.at // 1000))
            self.ctx.numeric(row, *params, text=explained(entry))
        self.ctx.numeric(end, self.channel.name, text=text)

    def _entry(self, asked: Asked) -> None:
        assert asked.argument is not None, "without an argument it is a query"
        entries = self.draft.lists[asked.letter]
        try:
            mask = masks.canonical(asked.argument)
        except masks.InvalidMask as error:
            self._invalid(asked, str(error))
            return
        if not asked.adding:
            if mask in entries:
                self.draft.take(asked.letter, mask)
            else:
                self._listed(num.ERR_LISTMODENOTSET, asked.letter, mask, "The list does not hold this mask")
        elif mask in entries:
            self._listed(num.ERR_LISTMODEALREADYSET, asked.letter, mask, "The list holds this mask already")
        elif len(entries) >= limits.MAX_LIST:
            text = f"The list is full: at most {limits.MAX_LIST} masks"
            self._once(num.ERR_BANLISTFULL, self.channel.name, asked.letter, text=text)
        else:
            setter = ListEntry(self.ctx.user.nick, self.ctx.chat.now.wall)
            self.draft.put(asked.letter, mask, setter)

    def _flag(self, asked: Asked) -> None:
        kind = MODES[asked.letter].kind
        if not asked.adding:
            # A person who takes a key away need not know it, and nobody is shown it.
            self.draft.clear_flag(asked.letter, "*" if kind is Kind.KEY else None)
        elif kind is Kind.FLAG:
            self.draft.set_flag(asked.letter)
        elif asked.argument is not None:  # "If a type B or C mode does not have a parameter … MUST ignore"
            self._argument(asked, asked.argument)

    def _argument(self, asked: Asked, argument: str) -> None:
        value, problem = ARGUMENTS[asked.letter](self.ctx, self.channel, argument)
        if problem:
            self._invalid(asked, problem)
        elif asked.letter == "f":
            self.draft.set_flag("f", value, self.ctx.registry.channels[int(value)].name)
        else:
            self.draft.set_flag(asked.letter, value)

    def _rank(self, asked: Asked) -> None:
        ctx, channel = self.ctx, self.channel
        if asked.argument is None:
            return
        target = ctx.registry.person(asked.argument)
        mine = target is not None and target.user == ctx.user.id
        # "There is no restriction, however, on anyone deopping themselves" (RFC 2812, 3.1.5)
        if not (mine and not asked.adding) and not self._allowed(
            GRANTED_BY[asked.letter], f"change the rank {asked.letter}"
        ):
            return
        if target is None:
            ctx.numeric(num.ERR_NOSUCHNICK, printable(asked.argument), text="No such nick or account")
        elif target.user not in channel.members:
            ctx.numeric(
                num.ERR_USERNOTINCHANNEL, target.nick, channel.name, text="They aren't on that channel"
            )
        elif not asked.adding and not mine and not self.force and channel.founder == target.account:
            text = f"{target.nick} founded {channel.name}: nobody else can take their ranks"
            self._once(num.ERR_CHANOPRIVSNEEDED, channel.name, text=text)
        else:
            self.draft.rank(target.user, asked.letter, target.nick, adding=asked.adding)

    # Refusals

    def _allowed(self, rank: str, to_do: str) -> bool:
        # By the ranks before the command: a person who takes their own rank with the first letter may go on.
        if self.force or has_rank(self.channel, self.ctx.user, rank):
            return True
        text = f"You need the rank +{rank} in {self.channel.name} to {to_do}"
        self._once(num.ERR_CHANOPRIVSNEEDED, self.channel.name, text=text)
        return False

    def _invalid(self, asked: Asked, text: str) -> None:
        argument = printable(asked.argument or "*")
        self.ctx.numeric(num.ERR_INVALIDMODEPARAM, self.channel.name, asked.letter, argument, text=text)

    def _listed(self, code: str, letter: str, mask: str, text: str) -> None:
        self.ctx.numeric(code, self.channel.name, mask, letter, text=text)

    def _once(self, code: str, *params: str, text: str) -> None:
        key = " ".join((code, *params))
        if key not in self._said:
            self._said.add(key)
            self.ctx.numeric(code, *params, text=text)


def explained(entry: ListEntry) -> str | None:
    """Return why an entry is there, and until when, for clients that show more than the usual."""
    until = f"until {format_ms(entry.expires)}" if entry.expires else ""
    return ": ".join(part for part in (until, entry.reason) if part) or None


def key_argument(_ctx: Context, _channel: Channel, value: str) -> tuple[str, str]:
    """A key is given to JOIN as one of several, so neither a blank nor a comma can be in it."""
    if not value or len(value.encode()) > limits.KEYLEN or not value.isprintable():
        return "", f"A key has 1 to {limits.KEYLEN} bytes"
    if value.startswith(":") or " " in value or "," in value:
        return "", 'A key holds no blank or comma, and does not begin with ":"'
    return value, ""


def number_argument(most: int) -> Check:
    """Return what checks that an argument is a number from 1 to `most`."""

    def check(_ctx: Context, _channel: Channel, value: str) -> tuple[str, str]:
        number = int(value[:10]) if value.isascii() and value.isdigit() else 0
        return (str(number), "") if 1 <= number <= most else ("", f"This takes a number from 1 to {most}")

    return check


def forward_argument(ctx: Context, channel: Channel, value: str) -> tuple[str, str]:
    """A forward leads to a channel that everybody may see, where the user is an operator too.

    It is kept by its id: so it follows a RENAME, and who takes the name of a dropped channel gets nobody.
    """
    target = ctx.registry.channel(value) if is_channel(value) else None
    if target is channel or target is None or not target.visible_to(ctx.user.id):
        return "", "There is no such other channel"
    if target.hidden:
        return "", f"{target.name} is hidden: nobody can be forwarded to it"
    if not is_at_least(target.ranks(ctx.user.id), CHANGED_BY):
        return "", f"You need the rank +{CHANGED_BY} in {target.name} too"
    return str(target.id), ""


ARGUMENTS: Final[dict[str, Check]] = {
    "W": number_argument(limits.MAX_SLOW),
    "f": forward_argument,
    "k": key_argument,
    "l": number_argument(limits.MAX_LIMIT),
}
"""What checks an argument: it returns the argument as it is kept, or what is wrong with it."""
