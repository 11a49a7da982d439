"""The plain client from its beginning to its end: what is on disk, the connection, and the console."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from securechat.client.account.login import Login
from securechat.client.kept.account import Kept
from securechat.client.kept.choices import Choices
from securechat.client.kept.desk import DeskFile
from securechat.client.network.connection import keep_connected
from securechat.client.paths import Places
from securechat.client.plain.client import PlainClient, Result
from securechat.client.plain.console import standard_console
from securechat.irc.text import count


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended; `kept` says that what was not confirmed is sent by the next start, `problem` what could
    not be kept, "" otherwise.
    """

    result: Result
    kept: bool
    problem: str


def run(
    login: Login,
    channels: Sequence[str],
    places: Places,
    environment: Mapping[str, str],
    arrived: Callable[[], str],
) -> Outcome:
    """Chat until the end of it. `arrived` is called after the first login; what it returns is shown.

    Raises Terminated and OutputClosed.
    """
    address, account = login.trust.address, login.credentials.account
    choices = Choices(places.choices)
    kept = Kept(address, account, places)
    waiting = len(kept.outbox)
    were = "was" if waiting == 1 else "were"
    earlier = (
        [f"* {count(waiting, 'message')} of an earlier time {were} not confirmed: now sent."]
        if waiting
        else []
    )
    goodbye, problem = "", ""
    with standard_console(environment, choices) as console:
        connection = keep_connected(
            login.trust,
            login.credentials,
            lambda events: client.deliver(events),
            channels,
            bookmarks=kept.bookmarks,
            outbox=kept.outbox,
            enrolment=login.enrolment,
        )
        client = PlainClient(
            console,
            connection.submit,
            first="".join(channels[:1]),
            arrived=lambda: (*earlier, *(f"* {problem}" for problem in kept.problems), arrived()),
            enrolment=login.enrolment,
            choices=choices,
            desk=DeskFile(places.state, address, account),
            reconnect=connection.renew,
        )
        connection.start()
        try:
            result = client.run()
            goodbye = result.goodbye
        finally:
            connection.close(goodbye)
            problem = _close(kept)
    return Outcome(result, kept.keeps_messages, problem)


def _close(kept: Kept) -> str:
    try:
        kept.close()
    except OSError as error:
        return f"what you have seen could not be kept ({error.strerror}): the next time it is shown again"
    return ""
