"""The first account of a server, of which the password is asked for before anything is done."""

from pathlib import Path

from securechat.cli.change import change
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.passwords import hash_password, obtain, shown_or_saved
from securechat.cli.people.accounts import check_name
from securechat.cli.place import Place


class Founder:
    """An administrator's account that is about to be made. Asks for the password, or raises CommandFailed."""

    def __init__(self, name: str, stdin: bool, file: Path | None, generate: bool, save: Path | None) -> None:
        from securechat.storage.passwords import WeakPassword, check_policy

        check_name(name)
        self._name, self._generate, self._save = name, generate, save
        self._password = obtain(name, stdin=stdin, file=file, generate=generate)
        try:
            check_policy(self._password)
        except WeakPassword as error:
            raise CommandFailed(str(error), ExitCode.REFUSED) from error

    def settle(self, place: Place) -> None:
        """Make the account. Raises CommandFailed."""
        from securechat.chat.requests import AddAccount

        request = AddAccount(self._name, hash_password(self._password, place.config.auth.argon2), "admin")
        with shown_or_saved(self._password, self._generate, self._save):
            change(place, request, f"The account {self._name} was added")
