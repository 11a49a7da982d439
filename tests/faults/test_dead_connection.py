"""A connection that dies in silence: what was sent into it is not lost for a client without history."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.faults.conftest import Serve
from tests.system.person import Person

FAR: str = "127.66.66.66"
PLAIN = ("server-time",)
_TABLE = "securechat_faults"
_RULES = f"""
table ip {_TABLE} {{
  chain input {{
    type filter hook input priority 0;
    ip saddr {FAR} drop
    ip daddr {FAR} drop
  }}
}}
"""


def _nft(*arguments: str, rules: str = "") -> bool:
    if shutil.which("nft") is None:
        return False
    done = subprocess.run(["nft", *arguments], input=rules, text=True, capture_output=True, check=False)
    return done.returncode == 0


@contextmanager
def _unreachable() -> Iterator[None]:
    """Drop every packet from and to FAR, as if somebody had pulled its cable."""
    assert _nft("-f", "-", rules=_RULES)
    try:
        yield
    finally:
        _nft("delete", "table", "ip", _TABLE)


@pytest.mark.timeout(300)
@pytest.mark.skipif(not _nft("list", "tables"), reason="nft is not installed, or needs root")
def test_what_a_dead_connection_did_not_take_comes_again(serve: Serve, report: Callable[[str], None]) -> None:
    """The next login gets what was said after the cable was pulled, and nothing that was read before."""
    server = serve(accounts=["alice", "bob"])
    with Person(server, "alice") as alice:
        bob = Person(server, "bob", source=FAR, capabilities=PLAIN)
        alice.say("#general", "before")
        alice.say("bob", "before, too")
        bob.hear("before, too")
        with _unreachable():
            began = time.monotonic()
            alice.say("#general", "into the dark")
            alice.say("bob", "and this")
            while not [line for line in alice.sync() if line.command == "QUIT"]:
                time.sleep(1)
            noticed = time.monotonic() - began
        bob.close()
        alice.say("#general", "when it was noticed")
    with Person(server, "bob", capabilities=PLAIN) as bob:
        texts = [line.params[-1] for line in bob.welcome if line.command == "PRIVMSG"]
    report(f"noticed after {noticed:.0f} s; the next login got {texts}")
    assert texts == ["into the dark", "when it was noticed", "and this"]
