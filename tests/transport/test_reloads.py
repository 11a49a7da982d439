"""Reloads that are asked for together are one, and none is lost."""

from typing import cast

from securechat.chat.link import Link
from securechat.chat.requests import Answer, Done
from securechat.server.connection import Connection
from securechat.server.reloads import PAUSE, Reloads


class Server:
    """Counts its reloads, whose answers are their numbers; its clock is moved by the tests."""

    def __init__(self) -> None:
        self.now = 100.0
        self.done = 0
        self.told: list[tuple[Link, Answer]] = []
        self.meanwhile = 0
        self.signalled = 0
        self.reloads = Reloads(
            self.reload, lambda *told: self.told.append(told), self.note_signal, lambda: self.now
        )

    def note_signal(self, _: Answer) -> None:
        self.signalled += 1

    def reload(self) -> Answer:
        self.done += 1
        for _ in range(self.meanwhile):
            self.reloads.hang_up()
        self.meanwhile = 0
        return answer(self.done)

    def hang_up(self, times: int = 1) -> None:
        for _ in range(times):
            self.reloads.hang_up()
            self.reloads.look()


def answer(number: int) -> Answer:
    return Done([{"number": number}])


def test_the_first_is_done_at_once() -> None:
    """Nobody who sends one SIGHUP waits."""
    server = Server()
    server.hang_up()
    assert server.done == 1
    assert server.reloads.look() == float("inf")
    server.now += PAUSE
    server.hang_up()
    assert server.done == 2


def test_ten_in_a_row_are_two() -> None:
    """The first at once, and one for all others, begun after the last of them: it sees the newest files."""
    server = Server()
    for _ in range(10):
        server.hang_up()
        server.now += 0.05
    assert server.done == 1
    assert 0 < server.reloads.look() <= PAUSE
    server.now += PAUSE
    server.reloads.look()
    server.now += 10 * PAUSE
    server.reloads.look()
    assert server.done == 2


def test_what_comes_while_one_runs_is_not_lost() -> None:
    """It may have read the files before they were changed."""
    server = Server()
    server.meanwhile = 3
    server.hang_up()
    server.now += PAUSE
    server.reloads.look()
    assert server.done == 2


def test_operators_get_an_answer_at_once() -> None:
    """All that wait get that of one reload, which is also the one that a SIGHUP waited for."""
    server = Server()
    links = [cast(Link, object.__new__(Connection)) for _ in range(3)]
    server.hang_up(2)
    for link in links:
        server.reloads.ask(link)
    assert server.reloads.look() == float("inf")
    assert (server.done, server.told) == (2, [(link, answer(2)) for link in links])
