"""About the server: MOTD, HELP, VERSION."""

from securechat.chat import isupport, welcome
from securechat.chat.context import Context
from securechat.chat.dispatch import Command, printable
from securechat.irc import numerics as num


def motd_command(ctx: Context) -> None:
    """MOTD

    Shows the message of the day.
    """
    for line in welcome.motd(ctx):
        ctx.reply(line)


def help_command(ctx: Context) -> None:
    """HELP [<command>]

    Lists the commands, or explains one.
    """
    subject = ctx.param(0).upper()
    commands = ctx.core.commands
    if not subject:
        rows = [command.syntax for command in commands.values()]
        show(ctx, "*", "Commands (HELP <command> explains one):", rows)
    elif subject in commands:
        show(ctx, subject, commands[subject].syntax, commands[subject].help)
    else:
        ctx.numeric(
            num.ERR_HELPNOTFOUND, printable(subject), text="No such command: HELP lists what there is"
        )


def show(ctx: Context, subject: str, title: str, rows: list[str]) -> None:
    """Reply one help text."""
    ctx.numeric(num.RPL_HELPSTART, subject, text=title)
    for row in rows:
        ctx.numeric(num.RPL_HELPTXT, subject, text=row)
    ctx.numeric(num.RPL_ENDOFHELP, subject, text="End of HELP")


def version_command(ctx: Context) -> None:
    """VERSION

    Shows the server's version and what it supports.
    """
    settings = ctx.settings
    software = f"securechat-{settings.version}"
    ctx.numeric(
        num.RPL_VERSION, software, settings.server_name, text="every byte TLS, every echo after the commit"
    )
    for tokens in isupport.lines(settings):
        ctx.numeric(num.RPL_ISUPPORT, *tokens, text="are supported by this server")


COMMANDS = (
    Command("HELP", help_command),
    Command("MOTD", motd_command),
    Command("VERSION", version_command),
)
