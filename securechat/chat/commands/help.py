"""HELP: what the commands are, in the words of their own docstrings."""

from collections.abc import Mapping, Sequence

from securechat.chat import modes
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.irc import numerics as num
from securechat.irc.text import printable


def helping(commands: Mapping[str, Command]) -> tuple[Command, ...]:
    """Return the commands that explain `commands`, a table that may still be filled."""

    def help_command(ctx: Context) -> None:
        """HELP [<command>]

        Lists the commands, or explains one. HELP CMODE explains the modes of channels.
        """
        subject = ctx.param(0).upper()
        if not subject:
            rows = [command.syntax for command in commands.values()]
            explain(ctx, "*", "Commands (HELP <command> explains one):", rows)
        elif subject == "CMODE":
            explain(ctx, subject, "Modes of channels:", modes.explained())
        elif subject in commands:
            explain(ctx, subject, commands[subject].syntax, commands[subject].help)
        else:
            text = "No such command: HELP lists what there is"
            ctx.numeric(num.ERR_HELPNOTFOUND, printable(subject), text=text)

    def helpop(ctx: Context) -> None:
        """HELPOP [<command>]

        Is another name of HELP.
        """
        help_command(ctx)

    return Command("HELP", help_command), Command("HELPOP", helpop)


def explain(ctx: Context, subject: str, title: str, rows: Sequence[str]) -> None:
    """Reply one help text."""
    ctx.numeric(num.RPL_HELPSTART, subject, text=title)
    for row in rows:
        ctx.numeric(num.RPL_HELPTXT, subject, text=row)
    ctx.numeric(num.RPL_ENDOFHELP, subject, text="End of HELP")
