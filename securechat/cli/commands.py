"""The commands by name. The module of a command is imported when the command is looked for.

All of them together cost 30 ms of CPU time, which a script that sends one message would pay each time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import wraps
from importlib import import_module
from typing import Final, NamedTuple, Protocol

import typer
from typer.core import TyperCommand, TyperGroup
from typer.models import CommandInfo

from securechat.cli.files import is_utf8

_PATHS: Final = ("cert", "key")
"""Parameters that are texts and name files, whose names may be any bytes."""


class Entry(NamedTuple):
    """Where a command is, and what `securechat --help` says of it."""

    module: str
    about: str


SECTIONS: Final[Mapping[str, Mapping[str, Entry]]] = {
    "Chat": {
        "connect": Entry("client.connect", "Chat."),
        "join": Entry("client.join", "Make your account with an invitation, and chat."),
        "send": Entry("client.send", "Send a message and wait until it is stored."),
        "tail": Entry("client.reading", "Print what was said lately, and then what is said."),
        "history": Entry("client.reading", "Print what was said in a channel or with a person."),
        "search": Entry("client.reading", "Find what was said wherever you may read."),
        "who": Entry("client.reading", "Print who is in a channel, or whether people are online."),
        "trust": Entry("client.trust", "The servers that you trust, and the keys of this computer."),
    },
    "People": {
        "adduser": Entry("people.accounts", "Make an account."),
        "passwd": Entry("people.accounts", "Change an account's password."),
        "users": Entry("people.accounts", "List the accounts; import many from a file."),
        "rename": Entry("people.accounts", "Give an account another name."),
        "role": Entry("people.accounts", "Make an account a member, an administrator or a bot."),
        "disable": Entry("people.accounts", "End the sessions of an account and refuse its logins."),
        "enable": Entry("people.accounts", "Let a disabled account log in again."),
        "deluser": Entry("people.removal", "Remove an account."),
        "invite": Entry("people.invite", "Print a link with which somebody makes an account."),
        "sessions": Entry("people.sessions", "List who is logged in, from where; end sessions."),
        "devices": Entry("people.devices", "What logs in to accounts without their passwords."),
        "totp": Entry("people.totp", "List and reset second factors (TOTP)."),
    },
    "Moderation": {
        "channel": Entry("moderation.channels", "List, drop and set channels; ban and mute people there."),
        "ban": Entry("moderation.bans", "Keep people out of the server, and let them in again."),
        "reports": Entry("moderation.reports", "Read and close what members have reported."),
        "audit": Entry("moderation.audit", "Show and verify the audit log."),
    },
    "Data": {
        "backup": Entry("data.backup", "Save everything in one file, also while the server runs."),
        "restore": Entry("data.restore", "Put back what a backup holds, or only try it out."),
        "export": Entry("data.exchange", "Write what was said as lines of JSON."),
        "import": Entry("data.exchange", "Add what an export holds, all of it or nothing."),
        "migrate-store": Entry("data.migrate_store", "Copy everything into another, empty database."),
    },
    "Server": {
        "server": Entry("host.server", "Run the server, in the foreground."),
        "service": Entry("host.service", "Run the server as a service of systemd."),
        "status": Entry("host.status", "Print whether the server is well, and what it counts."),
        "top": Entry("host.top", "Show who costs what: accounts, sessions and channels."),
        "doctor": Entry("host.doctor", "Look for mistakes, and say how to mend each."),
        "reload": Entry("host.control", "Have the server read its configuration again."),
        "config": Entry("host.config", "Show and check the configuration."),
        "certs": Entry("host.certs", "Show, renew and replace the server's certificate."),
    },
    "More": {
        "man": Entry("manual", "Write the manual pages into a directory."),
    },
}
_ENTRIES: Final = {name: entry for section in SECTIONS.values() for name, entry in section.items()}


class _Formatter(Protocol):
    """What writes a help text."""

    def section(self, name: str) -> AbstractContextManager[None]: ...

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None: ...


class Commands(TyperGroup):
    """All commands, none of which is there before it is looked for."""

    def list_commands(self, ctx: object) -> list[str]:
        """Return their names, in the order of the help text."""
        return list(_ENTRIES)

    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """Return the command with this name, if there is one."""
        if cmd_name not in _ENTRIES:
            # A name that is nearly right gets a suggestion from among these.
            self.commands.update(dict.fromkeys(_ENTRIES, TyperCommand(name=None)))
            return None
        return built(_ENTRIES[cmd_name].module)[cmd_name]

    def format_commands(self, ctx: object, formatter: _Formatter) -> None:
        """Write what there is, by sections."""
        widest = max(map(len, _ENTRIES))
        for title, entries in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(widest), entry.about) for name, entry in entries.items()])


def built(module: str) -> Mapping[str, TyperCommand | TyperGroup]:
    """Import the module of some commands, and return these by name."""
    group = typer.Typer(rich_markup_mode=None)
    import_module(f"securechat.cli.{module}").register(group)
    for command in _commands(group):
        assert command.callback is not None, "it was made of a function"
        command.callback = _of_texts(command.callback)
    found = typer.main.get_group(group).commands
    return {name: made for name, made in found.items() if isinstance(made, TyperCommand | TyperGroup)}


def _commands(group: typer.Typer) -> Iterator[CommandInfo]:
    yield from group.registered_commands
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            yield from _commands(inner.typer_instance)


def _of_texts(function: Callable[..., object]) -> Callable[..., object]:
    """Refuse texts that are no UTF-8, which nothing behind a command could store, send or compare."""

    @wraps(function)
    def checked(**given: object) -> object:
        for name, value in given.items():
            for text in value if isinstance(value, list | tuple) else (value,):
                if isinstance(text, str) and name not in _PATHS and not is_utf8(text):
                    raise typer.BadParameter(f"{text!a} is not UTF-8")
        return function(**given)

    return checked
