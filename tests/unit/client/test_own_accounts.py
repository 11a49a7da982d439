"""The file of one's own accounts."""

from pathlib import Path

from securechat.client.address import Address
from securechat.client.own_accounts import OwnAccounts

HOME, WORK = Address("home.test"), Address("::1", 7000)


def test_the_newest_server_and_the_name_on_each(tmp_path: Path) -> None:
    """A name is known by host and port; who joins anew is last."""
    own = OwnAccounts(tmp_path / "config" / "accounts")
    assert own.newest() is None
    assert own.on(HOME) is None
    own.add(HOME, "alice")
    own.add(WORK, "Álvaro")
    assert own.newest() == WORK
    own.add(HOME, "alicia")
    assert own.newest() == HOME
    assert (own.on(HOME), own.on(WORK), own.on(Address("home.test", 1))) == ("alicia", "Álvaro", None)
    assert (tmp_path / "config" / "accounts").stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    """Nothing is lost but the comfort: the name has to be typed."""
    path = tmp_path / "accounts"
    path.write_bytes(b"\n# alice\nhome.test\nhome.test:x bob\n[::1]:7000 carol\r\n")
    assert OwnAccounts(path).newest() == WORK
    path.write_bytes(b"\xff\xfe")
    assert OwnAccounts(path).newest() is None
