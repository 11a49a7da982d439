"""`securechat history`, `search`, `who` and `tail`: reading from scripts, one line or JSON object each."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from securechat.cli.client.completing import targets as complete
from securechat.cli.client.moments import SinceOption, milliseconds
from securechat.cli.client.profiles import Given
from securechat.cli.client.remote import TimeoutOption, fail, open_client, prepare, with_server
from securechat.cli.table import print_json
from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.client.words.as_json import Shown

_MOST: Final = 100_000
JsonLinesOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object a line, each as soon as it is there.")
]
TargetArgument = Annotated[
    str,
    typer.Argument(
        metavar="TARGET", help="A #channel, or a person.", show_default=False, autocompletion=complete
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (history, search, who, tail):
        app.command()(command)


@with_server
def history(
    target: TargetArgument,
    number: Annotated[
        int, typer.Option("-n", "--number", min=1, max=_MOST, help="How many: the last ones.")
    ] = 50,
    since: SinceOption = "",
    as_json: JsonLinesOption = False,
    timeout: TimeoutOption = 30.0,
    *,
    given: Given,
) -> None:
    """Print what was said in a channel or with a person, the oldest first.

    Exit codes: 0 done, 3 no connection, 4 wrong password, 5 not the right server, 6 refused, 7 not known.
    """
    from securechat.client.errors import ClientError

    after = milliseconds(since)
    login = prepare(given)
    try:
        with open_client(login, timeout) as chat:
            found = chat.history(target, number, since=after)
    except ClientError as error:
        fail(error)
    show(found, as_json, none=f"nothing was said in {target} yet, as far as you may read")


@with_server
def search(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="WORDS…",
            help="All of them have to be there: words, begin*, or '\"a phrase\"'.",
            show_default=False,
        ),
    ],
    place: Annotated[
        str,
        typer.Option(
            "--in", metavar="TARGET", help="Only in a channel, or with a person.", autocompletion=complete
        ),
    ] = "",
    sender: Annotated[str, typer.Option("--from", metavar="NAME", help="Only what somebody has said.")] = "",
    number: Annotated[int, typer.Option("-n", "--number", min=1, max=200, help="How many at most.")] = 50,
    since: SinceOption = "",
    as_json: JsonLinesOption = False,
    timeout: TimeoutOption = 30.0,
    *,
    given: Given,
) -> None:
    """Find what was said wherever you may read: the newest, or since a time the oldest, in order.

    Exit codes: 0 done, also when nothing is found, 3 no connection, 4 wrong password, 5 not the right server,
    6 refused, 7 not known.
    """
    from securechat.client.errors import ClientError

    after = milliseconds(since)
    login = prepare(given)
    try:
        with open_client(login, timeout) as chat:
            found = chat.search(" ".join(words), place=place, sender=sender, since=after, number=number)
    except ClientError as error:
        fail(error)
    show(found, as_json, none="nothing was found")


@with_server
def who(
    whom: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="A #channel, a person, or a mask such as a*.",
            show_default=False,
            autocompletion=complete,
        ),
    ],
    as_json: JsonLinesOption = False,
    timeout: TimeoutOption = 30.0,
    *,
    given: Given,
) -> None:
    """Print who is in a channel and online, or whether a person is."""
    from securechat.client.errors import ClientError

    login = prepare(given)
    try:
        with open_client(login, timeout) as chat:
            found = chat.members(whom)
    except ClientError as error:
        fail(error)
    show(found, as_json, none=f"nobody is there under {whom} that you see")


@with_server
def tail(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET…", help="Channels and people.", show_default=False, autocompletion=complete
        ),
    ],
    number: Annotated[
        int, typer.Option("-n", "--number", min=0, max=_MOST, help="How many that were said before, of each.")
    ] = 10,
    since: SinceOption = "",
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Go on with what is said from now on.")
    ] = True,
    join: Annotated[
        bool, typer.Option("--join", help="Enter the channels first; the account stays a member.")
    ] = False,
    as_json: JsonLinesOption = False,
    timeout: TimeoutOption = 30.0,
    *,
    given: Given,
) -> None:
    """Print what was said lately, and then what is said, until Ctrl+C.

    A lost connection is made again; what was said meanwhile follows, each message once.
    """
    from securechat.client.api.following import Following
    from securechat.client.errors import ClientError

    after = milliseconds(since)
    login = prepare(given)
    try:
        with open_client(login, timeout) as chat:
            for target in targets if join else ():
                if target.startswith("#"):
                    chat.join(target)
            following = Following(chat, targets)
            for event in following.before(number, after):
                show([event], as_json)
            for event in following.from_now() if follow else ():
                show([event], as_json)
    except ClientError as error:
        fail(error)


def show(events: Sequence["Shown"], as_json: bool, *, none: str = "") -> None:
    """Print events, each on one line or more, or as one JSON object; tell a person if there are `none`."""
    from securechat.client.safe import safe
    from securechat.client.words.as_json import facts
    from securechat.client.words.wording import describe, exact_time

    if not events and none and os.isatty(1):
        tell(f"securechat: {none}")
    for event in events:
        if as_json:
            print_json(facts(event))
            continue
        for line in describe(event, exact_time):
            tell(safe(line), out=True)
