"""The command table and its gates: each gate is applied once, here, so that a handler holds only its rule."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from securechat.chat.rules import multiline
from securechat.chat.turn.context import Context
from securechat.irc import numerics as num

MAX_LINES_BEFORE_LOGIN = 30


@dataclass(frozen=True, slots=True)
class Command:
    """One row: the handler's docstring begins with the syntax, which HELP prints.

    `before_login` lets it through on an unregistered session, `early` on one that negotiated this capability.
    `operators` are the only ones who may use it. `cost` is in tokens of flood control.
    """

    name: str
    handler: Callable[[Context], None]
    min_params: int = 0
    before_login: bool = False
    early: int = 0
    cost: float = 1.0
    operators: bool = False

    @property
    def syntax(self) -> str:
        """The command's syntax: the first line of its handler's docstring."""
        return (self.handler.__doc__ or self.name).strip().split("\n", 1)[0]

    @property
    def help(self) -> list[str]:
        """The lines of the handler's docstring after the syntax."""
        lines = [line.strip() for line in (self.handler.__doc__ or "").strip().split("\n")[1:]]
        return [line for line in lines if line]


def table(*families: Iterable[Command]) -> dict[str, Command]:
    """Join the families' tables into one by name."""
    commands = {command.name: command for family in families for command in family}
    return dict(sorted(commands.items()))


def dispatch(commands: dict[str, Command], ctx: Context) -> None:
    """Apply the gates to one message and call its handler."""
    name = ctx.message.command
    command = commands.get(name)
    session = ctx.session
    if session.user is None and not (command and (command.before_login or command.early & session.caps)):
        ctx.numeric(num.ERR_NOTREGISTERED, text="You have not registered: log in first (SASL)")
    elif command is None:
        ctx.numeric(num.ERR_UNKNOWNCOMMAND, printable(name), text="Unknown command: HELP lists what there is")
    elif len(ctx.params) < command.min_params:
        ctx.numeric(num.ERR_NEEDMOREPARAMS, name, text=f"Not enough parameters: {command.syntax}")
    elif command.operators and session.operator is None:
        ctx.numeric(num.ERR_NOPRIVILEGES, text="Permission denied: only operators can do this (OPER)")
    elif ctx.message.tags and "batch" in ctx.message.tags:
        multiline.collect(ctx)
    else:
        command.handler(ctx)


def printable(name: str) -> str:
    """Return a command or name that a peer sent in a form that fits into a middle parameter."""
    return name[:64] if name and not name.startswith(":") and " " not in name else "*"
