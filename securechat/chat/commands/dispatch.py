"""The command table and its gates: each gate is applied once, here, so that a handler holds only its rule."""

from collections.abc import Iterable, Mapping

from securechat.chat.rules import multiline
from securechat.chat.service import held
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.irc import numerics as num
from securechat.irc.text import printable

UNKNOWN = "Unknown command: HELP lists what there is"


def table(*families: Iterable[Command]) -> dict[str, Command]:
    """Join the families' tables into one by name."""
    commands = {command.name: command for family in families for command in family}
    return dict(sorted(commands.items()))


def dispatch(commands: Mapping[str, Command], ctx: Context) -> None:
    """Apply the gates to one message and call its handler."""
    message, session = ctx.message, ctx.session
    name = message.command
    command = commands.get(name)
    if session.registration is not None and session.registration.held is not None:
        command.handler(ctx) if command and command.before_login else held.obey(ctx)
    elif session.user is None and not (command and (command.before_login or command.early & session.caps)):
        not_registered(ctx)
    elif command is None:
        if not _spoils(ctx, UNKNOWN):
            unknown_command(ctx)
    elif len(message.params) < command.min_params:
        if not _spoils(ctx, "Not enough parameters"):
            ctx.numeric(num.ERR_NEEDMOREPARAMS, name, text=f"Not enough parameters: {command.syntax}")
    elif command.operators and session.operator is None:
        ctx.numeric(num.ERR_NOPRIVILEGES, text="Permission denied: only operators can do this (OPER)")
    elif message.tags and "batch" in message.tags:
        multiline.collect(ctx)
    else:
        command.handler(ctx)


def _spoils(ctx: Context, why: str) -> bool:
    """Refuse the batch that a line without a handler belongs to, if it does to one."""
    return bool(ctx.message.tags) and "batch" in ctx.message.tags and multiline.spoil(ctx, why)


def not_registered(ctx: Context) -> None:
    """Say that there is no such command before the login, whether there is one after it or not."""
    ctx.numeric(num.ERR_NOTREGISTERED, text="You have not registered: log in first (SASL)")


def unknown_command(ctx: Context) -> None:
    """Say that there is no such command."""
    name = printable(ctx.message.command)
    ctx.numeric(num.ERR_UNKNOWNCOMMAND, name, text=UNKNOWN)
