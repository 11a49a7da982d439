"""What the shell's Tab offers: profiles, and the channels and people of the account that is meant.

Nothing is asked of a server: the conversations are those that have a bookmark here. Whatever goes wrong, the
shell gets no word and no error. In bash an unquoted `#` begins a comment, so it gets a backslash there; zsh
and fish quote what they insert.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import typer

_SHELL: Final = "_SECURECHAT_COMPLETE"


def profiles(incomplete: str) -> list[str]:
    """Return the names of profiles that begin so."""
    from securechat.client.account.profiles import Profiles
    from securechat.client.errors import ClientError
    from securechat.client.paths import places

    with suppress(ClientError, OSError):
        names = (profile.name for profile in Profiles(places(os.environ)).all())
        return [name for name in names if name.startswith(incomplete)]
    return []


class _ForBash(str):
    """A word in the place of what was typed: Typer offers only words that begin like that, without quotes."""

    def startswith(self, *prefix: object) -> bool:
        """It begins so, as it was looked for."""
        return True


def targets(context: typer.Context, incomplete: str) -> list[str]:
    """Return the channels and people that begin so, of the account that the options mean."""
    in_bash = os.environ.get(_SHELL, "").endswith("bash")
    wanted = incomplete.removeprefix("\\")
    found = [name for name in _conversations(context) if name.startswith(wanted)]
    if in_bash:
        found = [_ForBash(f"\\{name}") if name.startswith("#") else name for name in found]
    return sorted(found, key=lambda name: name.lstrip("\\"))


def _conversations(context: typer.Context) -> Iterator[str]:
    from securechat.cli.client.profiles import Given, find_profile
    from securechat.client.errors import ClientError
    from securechat.client.kept.bookmark_file import BookmarkFile
    from securechat.client.paths import places

    given = {name: str(context.params.get(name) or "") for name in ("profile", "host", "user")}
    with suppress(ClientError, OSError, typer.BadParameter):
        profile = find_profile(Given(profile=given["profile"], host=given["host"], user=given["user"]))
        yield from BookmarkFile(places(os.environ).bookmarks).load(profile.address, profile.user).last
