"""The pseudo-user: for people on plain clients, `/msg securechat help`.

A message to it is neither stored nor echoed nor shown to other sessions, since it may hold a password; the
answers are notices to the session that asked.
"""

from typing import Final

from securechat.chat.service import (
    accounts,
    administration,
    channels,
    devices,
    ignoring,
    reports,
    restraints,
    totp,
)
from securechat.chat.service.asked import ONLY_OPERATORS, Asked, ServiceCommand
from securechat.chat.turn.context import Context

__all__ = ["COMMANDS", "obey"]


def help_command(asked: Asked) -> None:
    """help [<command>]

    Lists the commands, or explains one.
    """
    command = COMMANDS.get(asked.word(0).lower())
    if command is not None:
        asked.say(command.syntax)
        for line in command.help:
            asked.say(line)
    elif asked.words:
        asked.say("There is no such command: `help` lists what there is")
    else:
        asked.say("Commands (help <command> explains one):")
        for command in COMMANDS.values():
            if not command.operators or asked.ctx.session.oper:
                asked.say(command.syntax)


_EVERY: Final = (
    *accounts.COMMANDS,
    *administration.COMMANDS,
    *channels.COMMANDS,
    *devices.COMMANDS,
    *ignoring.COMMANDS,
    *reports.COMMANDS,
    *restraints.COMMANDS,
    *totp.COMMANDS,
    ServiceCommand("help", help_command),
)
COMMANDS: Final = {command.name: command for command in sorted(_EVERY, key=lambda command: command.name)}


def obey(ctx: Context, command: str, text: str) -> None:
    """Do what a message to the pseudo-user says. Notices and tags alone are for no program to answer."""
    if command != "PRIVMSG" or ctx.session.backlog.job is not None:
        return
    name, *words = [word for word in text.split("\n", 1)[0].split(" ") if word] or ["help"]
    asked, found = Asked(ctx, words), COMMANDS.get(name.lower())
    if found is None:
        asked.say("There is no such command: `help` lists what there is")
    elif found.operators and not ctx.session.oper:
        asked.say(ONLY_OPERATORS)
    elif len(words) < found.min_words:
        asked.say(f"Use: {found.syntax}")
    else:
        found.handler(asked)
