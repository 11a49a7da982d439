"""`securechat join`: from an invitation's link to an account, and into the chat.

Theory of operation. The server proves that it has the key which the link names before the person is asked for
anything, and again on each connection. What can be seen to be wrong here is asked for anew at once; what the
server refuses is asked for anew as well, and nothing else: a name that is taken costs one more name. Without
a terminal the first refusal is the end.
"""

import os
from typing import TYPE_CHECKING, Annotated, Final

import typer

from securechat.cli.client.profiles import own_name, password_source, remember, usual_name
from securechat.cli.client.remote import (
    CommandOption,
    FileOption,
    StdinOption,
    ask_line,
    asker,
    can_be_asked,
    complain,
    fail,
    has_terminal,
)
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.client.account.credentials import PasswordSource
    from securechat.client.account.login import Login
    from securechat.client.errors import Refused
    from securechat.client.invitation import Invitation
    from securechat.client.network.trust import Trust

_TEMPORARY: Final = frozenset({"TEMPORARILY_UNAVAILABLE", "STORE_UNAVAILABLE"})


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(join)


def join(
    link: Annotated[
        str,
        typer.Argument(
            metavar="[LINK|-]",
            show_default=False,
            help="The invitation; - reads it from standard input; without it you are asked for it.",
        ),
    ] = "",
    user: Annotated[str, typer.Option("--user", metavar="NAME", help="The name you want.")] = "",
    no_connect: Annotated[
        bool, typer.Option("--no-connect", help="Make the account, and do not begin to chat.")
    ] = False,
    password_stdin: StdinOption = False,
    password_file: FileOption = None,
    password_command: CommandOption = "",
) -> None:
    """Make your account with an invitation, and chat.

    The link comes from whoever runs the server (`securechat invite`). You are asked for a name and a
    password. The server is trusted from then on, so that `securechat connect` needs no option.
    """
    from securechat.client.errors import ClientError

    source = password_source(stdin=password_stdin, file=password_file, command=password_command)
    try:
        newcomer = _Newcomer(_first_link(link), user, source)
        newcomer.make_account()
        login = newcomer.remember()
    except ClientError as error:
        fail(error)
    if not no_connect:
        from securechat.cli.client.connect import chat

        raise typer.Exit(chat(login, []))


def _first_link(link: str) -> "Invitation":
    """Return the invitation. A person can paste the link again when it cannot be read."""
    from securechat.client.account.credentials import first_line
    from securechat.client.errors import InvalidInvitation
    from securechat.client.invitation import read_invitation

    if link == "-":
        return read_invitation(first_line(0).decode(errors="replace"))
    if not link and not can_be_asked():
        raise typer.BadParameter("name the invitation's link, or - to read it from standard input")
    while True:
        text = link or _ask("The link of your invitation: ")
        try:
            return read_invitation(text)
        except InvalidInvitation as error:
            if not can_be_asked():
                raise
            complain(str(error))
            link = ""


def _ask(question: str) -> str:
    """Ask until there is an answer. Raises CommandFailed when there is none."""
    answer = ask_line(question)
    if not answer:
        raise CommandFailed("nothing was typed: no account was made", ExitCode.ERROR)
    return answer


class _Newcomer:
    """Somebody on the way to an account: what is known so far."""

    def __init__(self, invitation: "Invitation", name: str, source: "PasswordSource") -> None:
        self._person = can_be_asked()
        self._source = source
        self._invite(invitation)
        self._name = self._checked_name(name) if name or not self._person else self._ask_name()
        self._password = self._get_password()

    def _invite(self, invitation: "Invitation") -> None:
        """Take an invitation, and see that the server is the one that it means."""
        from securechat.client.errors import TrustError
        from securechat.client.network import trust
        from securechat.client.paths import places

        self._invitation = invitation
        address = invitation.address
        try:
            self._trust: Trust = trust.settle_invited(
                address, invitation.pin, places(os.environ), ask=asker()
            )
            trust.connect(self._trust).close()
        except TrustError as error:
            if invitation.pin:
                raise
            first = str(error).partition("\n")[0]
            raise TrustError(
                f"{first}\nThe link names no pin: copy it whole, or ask for another one."
            ) from error
        if self._person:
            tell(f"You are invited to {address.short}. It has the key that it should have.")

    def make_account(self) -> None:
        """Make the account; ask again for what the server refuses. Raises ClientError."""
        from securechat.client.account.joining import make_account
        from securechat.client.errors import OutcomeUnknown, Refused

        while True:
            try:
                make_account(self._trust, self._name, self._password, self._invitation.code)
            except Refused as error:
                if not self._person:
                    raise
                complain(str(error))
                self._mend(error)
            except OutcomeUnknown as error:
                raise OutcomeUnknown(f"{error}\n{self._how_to_know()}") from error
            else:
                tell(f"Your account {self._name} on {self._invitation.address.short} was made.")
                return

    def _mend(self, error: "Refused") -> None:
        """Ask for what was refused."""
        from securechat.client.account import joining

        if error.code in joining.NAME_PROBLEMS:
            self._name = self._ask_name()
        elif error.code in joining.PASSWORD_PROBLEMS:
            self._password = self._get_password(again=True)
        elif error.code in joining.CODE_PROBLEMS:
            tell("With another invitation you can go on. To stop, press Enter.")
            self._invite(_first_link(_ask("The link of your invitation: ")))
        elif error.code in _TEMPORARY:
            ask_line("To try again, press Enter; to stop, Ctrl+C. ")
        else:
            raise error

    def _how_to_know(self) -> str:
        invitation = self._invitation
        pin = f" --pin {invitation.pin}" if invitation.pin else ""
        known = f"securechat connect --host {invitation.address} --user {self._name}{pin}"
        return f"Try to log in: {known}\nIf that is refused, try to join again."

    def _ask_name(self) -> str:
        """Ask for a name until there is one that can be."""
        from securechat.irc.names import InvalidName, check_account

        usual = usual_name()
        offer = f" [{usual}]" if usual else ""
        while True:
            answer = ask_line(f"The name you want in the chat{offer}: ") or usual
            if not answer:
                raise CommandFailed("no name was typed: no account was made", ExitCode.ERROR)
            try:
                return check_account(answer)
            except InvalidName as error:
                complain(str(error))

    def _checked_name(self, name: str) -> str:
        """Return a name that was given. Raises CommandFailed."""
        from securechat.irc.names import InvalidName, check_account

        try:
            return check_account(name or own_name())
        except InvalidName as error:
            if self._person:
                complain(str(error))
                return self._ask_name()
            raise CommandFailed(str(error), ExitCode.REFUSED) from error

    def _get_password(self, *, again: bool = False) -> str:
        """Return the password from where it comes, or ask for it."""
        from securechat.cli.passwords import ask_twice
        from securechat.client.account.credentials import read_password
        from securechat.client.account.joining import check_sendable
        from securechat.client.errors import Refused

        if not again and (self._source.given or not has_terminal()):
            return read_password(self._source, "")
        while True:
            password = ask_twice(self._name)
            try:
                check_sendable(self._name, password)
            except Refused as error:
                complain(str(error))
            else:
                return password

    def remember(self) -> "Login":
        """Trust the server from now on and keep the name; return what a connection needs."""
        from securechat.client.account.login import log_in
        from securechat.client.account.profiles import Profile
        from securechat.client.network import trust
        from securechat.client.paths import places

        where, address = places(os.environ), self._invitation.address
        trust.remember(address, self._invitation.pin, where)
        profile = Profile("", address, self._name)
        kept = remember(profile)
        if kept:
            tell(kept.removeprefix("* "))
        login = log_in(self._trust, self._name, where, lambda: self._password, by_key=False, profile=profile)
        login.enrolment.offered = self._person and not self._source.given
        return login
