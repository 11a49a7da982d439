"""Three hundred accounts that come back at the same moment, as after a restart, with the default argon2.

Among them are clients as Debian ships them: that they got in is seen by a person in their channel.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from securechat.storage.passwords import Hasher
from tests.faults.conftest import Serve
from tests.faults.probe import Probe
from tests.system.crowd import Crowd
from tests.system.person import Person
from tests.system.server_process import PASSWORD, ServerProcess, add_accounts
from tests.system.stock_clients import Irssi, WeeChat, irssi_lines, weechat_lines

ACCOUNTS = int(os.environ.get("FAULT_ACCOUNTS", "300"))
SECONDS = 120
STOCK = {"weechat": "weechat-headless", "irssi": "irssi"}
DEFAULT = {"auth.argon2.time_cost": 3, "auth.argon2.memory_cost": 65536}

Report = Callable[[str], None]


def _stock_clients(server: ServerProcess, place: Path, stack: ExitStack) -> Iterator[str]:
    """Start the stock clients that are here, which join #lobby; yield the account of each."""
    if shutil.which(STOCK["irssi"]):
        irssi = stack.enter_context(Irssi(place / "irssi"))
        irssi.wait_for("Irssi")
        for line in irssi_lines("localhost", server.port, server.ca):
            irssi.type(line.replace("guest", "irssi"))
        yield "irssi"
    if shutil.which(STOCK["weechat"]):
        lines = weechat_lines("127.0.0.1", server.port, server.ca)
        stack.enter_context(WeeChat(place / "weechat", [line.replace("guest", "weechat") for line in lines]))
        yield "weechat"


@pytest.mark.timeout(60 + 2 * SECONDS)
def test_all_come_back_at_once(serve: Serve, report: Report, tmp_path: Path) -> None:
    """All get in at the first try, stock clients too, and people chat on meanwhile."""
    names = [f"member{number}" for number in range(ACCOUNTS - len(STOCK))]
    server = serve(DEFAULT)
    server.stop()
    # With the hash that such a server makes: it has nothing to hash anew at these logins.
    add_accounts(server.data, ["alice", "bob", "carol", *STOCK, *names], phc=Hasher().hash(PASSWORD))
    server.start()
    arrived: list[float] = []
    sources = [f"127.4.0.{number + 1}" for number in range(60)]
    with ExitStack() as stack:
        carol = stack.enter_context(Person(server, "carol"))
        carol.join("#lobby")
        with Probe(server, "chat", "alice", "bob") as probe:
            began = time.monotonic()
            stock = list(_stock_clients(server, tmp_path, stack))
            crowd = stack.enter_context(Crowd(server, sources=sources))
            crowd.log_in(
                names,
                SECONDS,
                at_once=len(names),
                welcomed=lambda member: arrived.append(time.monotonic() - began),
            )
        joined = {carol.expect("JOIN", "#lobby").source for _ in stock}
    report(
        f"{len(arrived)} logins and {', '.join(stock) or 'no stock client'}, none refused; half of them "
        f"after {arrived[len(arrived) // 2]:.1f} s, the last after {arrived[-1]:.1f} s; a bystander: "
        f"{probe.figures}"
    )
    assert joined == {f"{name}!{name}@chat.test" for name in stock}
    assert len(arrived) == len(names)
    assert not probe.figures.failures
    assert probe.figures.at(0.99) < 250
