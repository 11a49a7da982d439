"""METADATA: keys and values of people and channels (https://ircv3.net/specs/extensions/metadata).

People who can see a channel can read its metadata, and its operators can set it. Everybody can read an
account's metadata, and the account itself can set it. Some keys are everybody's own (`limits.PERSONAL_KEYS`).
Before the login a session can subscribe, and once its account is proven also set and read what is its own.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from securechat.chat import limits
from securechat.chat.line import Line
from securechat.chat.lines import metadata
from securechat.chat.membership import is_at_least
from securechat.chat.records import MetadataSet, PersonalSet
from securechat.chat.rules import words
from securechat.chat.state.channel import Channel
from securechat.chat.state.visibility import metadata_of
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.chat.turn.pieces import follow_up, reply_batch, short_batch
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num
from securechat.irc.names import is_channel
from securechat.irc.text import printable


class Subject(NamedTuple):
    """Whom or what the command is about, and how the client calls it."""

    target: int
    name: str
    channel: Channel | None

    def values(self, ctx: Context) -> dict[str, str]:
        """What is said of it now, as the session's account sees it."""
        return metadata_of(ctx.registry, self.target, account_of(ctx))

    def public(self, ctx: Context) -> dict[str, str]:
        """What everybody sees of that."""
        return ctx.registry.metadata.get(self.target, {})


def metadata_command(ctx: Context) -> None:
    """METADATA <channel | nick | *> GET | LIST | SET | CLEAR | SUB | UNSUB | SUBS | SYNC [<key>] [:<value>]

    Reads and sets what people (* is you) and channels say of themselves, and subscribes to such keys.
    """
    subcommand = ctx.param(1).upper()
    handler = SUBCOMMANDS.get(subcommand)
    subject = subject_of(ctx, ctx.param(0))
    if handler is None:
        fail(ctx, "SUBCOMMAND_INVALID", printable(ctx.param(1)), text="There is no such subcommand")
    elif subject is None or (subcommand in OWN and subject.target != -account_of(ctx)):
        fail(ctx, "INVALID_TARGET", printable(ctx.param(0)), text="There is no such channel or person here")
    elif ctx.session.account is None and subcommand not in OWN:
        fail(ctx, "KEY_NO_PERMISSION", "*", printable(ctx.param(2)), text="Log in first (SASL)")
    else:
        handler(ctx, subject)


def account_of(ctx: Context) -> int:
    """Return the session's account, 0 while there is none."""
    return ctx.session.account.id if ctx.session.account is not None else 0


def fail(ctx: Context, code: str, *context: str, text: str) -> None:
    """Refuse, with the code of the draft that the session knows."""
    newer = ctx.session.has(cap.METADATA_3)
    ctx.fail(CODES_3.get(code, code) if newer else code, *context, text=text)


def subject_of(ctx: Context, name: str) -> Subject | None:
    """Return what a name stands for, if the user may know of it."""
    if name == "*":
        return Subject(-account_of(ctx), name, None)
    if ctx.session.user is None:
        return None  # it has no nick yet, and sees nobody
    if is_channel(name):
        channel = ctx.registry.channel(name)
        if channel is None or not channel.visible_to(ctx.user.id):
            return None
        return Subject(channel.id, channel.name, channel)
    found = ctx.registry.known(name)
    if found is None or not found[0].usable:
        return None
    return Subject(-found[0].id, found[1], None)


# Reading


def get(ctx: Context, subject: Subject) -> None:
    """Reply the value of each key that is asked for."""
    values = subject.values(ctx)
    lines = [key_line(ctx, subject, key, values.get(key)) for key in ctx.params[2:]]
    ctx.reply(short_batch(ctx, "metadata", (subject.name,), lines))


def list_all(ctx: Context, subject: Subject) -> None:
    """Reply everything that is said."""
    lines = [key_line(ctx, subject, key, value) for key, value in sorted(subject.values(ctx).items())]
    ctx.reply(short_batch(ctx, "metadata", (subject.name,), lines))


def sync(ctx: Context, subject: Subject) -> None:
    """Reply what the session subscribed to, of a person, or of a channel and everybody in it."""
    registry = ctx.registry
    targets = [metadata.Named(subject.target, subject.name)]
    if subject.channel is not None and ctx.user.id in subject.channel.members:
        targets = metadata.heard_in(registry, subject.channel, ctx.user)
    lines = metadata.subscribed(registry, ctx.session, targets, ctx.chat.now.wall)
    reply_batch(ctx, "metadata", (subject.name,), lines)


def key_line(ctx: Context, subject: Subject, key: str, value: str | None) -> Line:
    """The line that says what a key is, or that there is none."""
    server, at = ctx.settings.server_name, ctx.chat.now.wall
    if not limits.is_metadata_key(key):
        code = CODES_3["KEY_INVALID"] if ctx.session.has(cap.METADATA_3) else "KEY_INVALID"
        return Line(server, "FAIL", ("METADATA", code, printable(key)), INVALID_KEY, at)
    if value is None:
        return Line(server, num.RPL_KEYNOTSET, (ctx.nick, subject.name, key), "The key is not set", at)
    return Line(server, num.RPL_KEYVALUE, (ctx.nick, subject.name, key, "*"), value, at)


# Setting


def set_key(ctx: Context, subject: Subject) -> None:
    """Set a key, or take it away when there is no value."""
    key, value = ctx.param(2), ctx.params[3] if len(ctx.params) > 3 else None
    newer = ctx.session.has(cap.METADATA_3)
    if not limits.is_metadata_key(key):
        fail(ctx, "KEY_INVALID", printable(key), text=INVALID_KEY)
    elif key not in limits.PERSONAL_KEYS and not may_set(ctx, subject):
        fail(ctx, "KEY_NO_PERMISSION", subject.name, key, text="You may not set this")
    elif value is None and key not in subject.values(ctx) and not newer:
        fail(ctx, "KEY_NOT_SET", subject.name, key, text="The key is not set")
    elif value is not None and (problem := unfit(ctx, key, value)) is not None:
        fail(ctx, "VALUE_INVALID", *([key] if newer else []), text=problem)
    elif value is not None and (most := full(ctx, subject, key)) is not None:
        context = [subject.name, str(most)] if newer else [subject.name]
        fail(ctx, "LIMIT_REACHED", *context, text=f"There are at most {most} keys")
    else:
        change(ctx, subject, key, value)
        ctx.reply(key_line(ctx, subject, key, value))


def unfit(ctx: Context, key: str, value: str) -> str | None:
    """Return why a key cannot have a value, None when it can."""
    if key in limits.PERSONAL_KEYS:
        return None if value in ("0", "1") else "The value is 0 or 1"
    if (unwanted := words.name_refusal(ctx, value)) is not None:
        return unwanted
    if len(value.encode()) > limits.METADATA_BYTES:
        return f"A value has at most {limits.METADATA_BYTES} bytes"
    return None


def full(ctx: Context, subject: Subject, key: str) -> int | None:
    """Return how many keys there can be, when there are so many already; None when one more can be set."""
    if key in subject.values(ctx):
        return None
    if key in limits.PERSONAL_KEYS:
        own, most = ctx.registry.personal.get(account_of(ctx), {}), limits.PERSONAL_VALUES
        return most if sum(map(len, own.values())) >= most else None
    return limits.METADATA_KEYS if len(subject.public(ctx)) >= limits.METADATA_KEYS else None


def clear(ctx: Context, subject: Subject) -> None:
    """Take everything away that everybody sees."""
    if not may_set(ctx, subject):
        fail(ctx, "KEY_NO_PERMISSION", subject.name, "*", text="You may not change this")
        return
    values, newer = sorted(subject.public(ctx).items()), ctx.session.has(cap.METADATA_3)

    def tell() -> None:
        lines = [key_line(ctx, subject, key, None if newer else value) for key, value in values]
        ctx.reply(short_batch(ctx, "metadata", (subject.name,), lines))

    ctx.for_each(values, lambda value: change(ctx, subject, value[0], None), tell)


def may_set(ctx: Context, subject: Subject) -> bool:
    """Return whether the user may: of themselves, of a channel of which they are an operator, or as one."""
    if ctx.session.operator is not None or subject.target == -account_of(ctx):
        return True
    return subject.channel is not None and is_at_least(subject.channel.ranks(ctx.user.id), "o")


def change(ctx: Context, subject: Subject, key: str, value: str | None) -> None:
    """Record another value."""
    previous, account, at = subject.values(ctx).get(key), account_of(ctx), ctx.at
    if previous == value:
        return
    if key in limits.PERSONAL_KEYS:
        ctx.record(PersonalSet(account, subject.target, key, value, previous, at))
        return
    ctx.record(MetadataSet(subject.target, key, value, previous, account, at))
    if ctx.session.operator is not None and subject.target != -account:
        ctx.audit("metadata", subject.name, key)


# Subscriptions


def sub(ctx: Context, subject: Subject) -> None:
    """Subscribe to keys, in their order, as long as there is room."""
    wanted, subscriptions = [], ctx.session.subscriptions
    for key in ctx.params[2:]:
        if not limits.is_metadata_key(key):
            fail(ctx, "KEY_INVALID", printable(key), text=INVALID_KEY)
        elif key not in subscriptions and len(subscriptions) >= limits.METADATA_SUBS:
            most = str(limits.METADATA_SUBS)
            context = [key, most] if ctx.session.has(cap.METADATA_3) else [key]
            fail(ctx, "TOO_MANY_SUBS", *context, text=f"You can subscribe to {most} keys")
            break
        else:
            subscriptions = ctx.session.subscriptions = subscriptions | {key}
            wanted.append(key)
    for row in rows(wanted):
        ctx.numeric(num.RPL_METADATASUBOK, *row)
    if ctx.session.user is None:
        return  # the welcome says it
    follow_up(ctx, ctx.session, heard_from_now(ctx, wanted))


def heard_from_now(ctx: Context, keys: list[str]) -> Iterator[Line | None]:
    """What is said now under keys that a session has subscribed to, and where it can ask for more."""
    registry, session = ctx.registry, ctx.session
    heard_of = [ctx.user.nick, *session.monitored.values()]
    public = [key for key in keys if key not in limits.PERSONAL_KEYS]
    yield from metadata.watched(registry, session, heard_of, public, ctx.at)
    yield from metadata.own(registry, session, keys, ctx.at)
    silent: set[int] = set()
    for channel in registry.channels_of(ctx.user.id):
        yield from metadata.sync_later(registry, session, channel, ctx.chat.now.wall, silent)


def unsub(ctx: Context, subject: Subject) -> None:
    """End subscriptions."""
    ended = [key for key in ctx.params[2:] if limits.is_metadata_key(key)]
    for key in ctx.params[2:]:
        if not limits.is_metadata_key(key):
            fail(ctx, "KEY_INVALID", printable(key), text=INVALID_KEY)
    ctx.session.subscriptions -= frozenset(ended)
    for row in rows(ended):
        ctx.numeric(num.RPL_METADATAUNSUBOK, *row)


def subs(ctx: Context, subject: Subject) -> None:
    """Reply to what the session subscribed."""
    keys, server, at = sorted(ctx.session.subscriptions), ctx.settings.server_name, ctx.chat.now.wall
    lines = [Line(server, num.RPL_METADATASUBS, (ctx.nick, *row), None, at) for row in rows(keys)]
    ctx.reply(short_batch(ctx, "metadata-subs", (), lines))


def rows(keys: list[str]) -> list[list[str]]:
    """Return the keys for each line of a numeric."""
    return [keys[start : start + PER_LINE] for start in range(0, len(keys), PER_LINE)]


INVALID_KEY: Final = "A key is at most 32 of a-z, 0-9, _ . / and -"
PER_LINE: Final = 10
"""Keys on a line: with the longest names they fit."""
CODES_3: Final = {
    "KEY_INVALID": "INVALID_KEY",
    "SUBCOMMAND_INVALID": "INVALID_PARAMS",
    "TOO_MANY_SUBS": "LIMIT_REACHED",
    "VALUE_INVALID": "INVALID_VALUE",
}
"""What draft/metadata-3 calls failures."""
OWN: Final = frozenset({"SUB", "UNSUB", "SUBS"})
SUBCOMMANDS: Final[dict[str, Callable[[Context, Subject], None]]] = {
    "CLEAR": clear,
    "GET": get,
    "LIST": list_all,
    "SET": set_key,
    "SUB": sub,
    "SUBS": subs,
    "SYNC": sync,
    "UNSUB": unsub,
}

COMMANDS = (Command("METADATA", metadata_command, min_params=2, cost=2.0, early=cap.ANY_METADATA),)
