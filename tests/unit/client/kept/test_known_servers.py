"""The file of servers that a person trusts."""

from pathlib import Path

import pytest

from securechat.client.address import Address
from securechat.client.errors import TrustError
from securechat.client.kept.known_servers import KnownServers
from securechat.client.paths import places

PIN = "sha256:" + "A" * 43
OTHER = "sha256:" + "B" * 42 + "A"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is going to be, in a directory that does not exist yet."""
    return tmp_path / "config" / "known_servers"


def test_a_server_is_remembered_and_forgotten(path: Path) -> None:
    """By host and port; another port is another server."""
    known = KnownServers(path)
    assert known.pin_of(Address("a.test")) is None
    known.add(Address("a.test"), PIN)
    known.add(Address("::1", 7000), OTHER)
    assert known.pin_of(Address("a.test")) == PIN
    assert known.pin_of(Address("a.test", 7000)) is None
    assert known.all() == [(Address("a.test"), PIN), (Address("::1", 7000), OTHER)]
    assert known.remove(Address("a.test"))
    assert not known.remove(Address("a.test"))
    assert known.all() == [(Address("::1", 7000), OTHER)]


def test_the_file_is_private(path: Path) -> None:
    """0600 in a directory of 0700, whatever the umask."""
    KnownServers(path).add(Address("a.test"), PIN)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_comments_and_blank_lines_stay(path: Path) -> None:
    """Removing a server keeps what a person wrote."""
    path.parent.mkdir()
    path.write_text(f"# mine\n\na.test:6697 {PIN}\n")
    path.chmod(0o600)
    assert KnownServers(path).remove(Address("a.test"))
    assert path.read_text() == "# mine\n\n"


def test_a_byte_order_mark_is_no_part_of_the_first_server(path: Path) -> None:
    """An editor of Windows may have written one."""
    path.parent.mkdir()
    path.write_bytes(b"\xef\xbb\xbf" + f"a.test:6697 {PIN}\n".encode())
    path.chmod(0o600)
    assert KnownServers(path).pin_of(Address("a.test")) == PIN


@pytest.mark.parametrize("line", ["a.test:6697", "a.test:6697 sha256:short", f"a b {PIN}", "garbage"])
def test_a_line_that_cannot_be_read_is_an_error(path: Path, line: str) -> None:
    """Passing it over would make a known server an unknown one."""
    path.parent.mkdir()
    path.write_text(f"{line}\n")
    path.chmod(0o600)
    with pytest.raises(TrustError, match="known_servers"):
        KnownServers(path).pin_of(Address("b.test"))


def test_a_file_that_others_can_change_is_an_error(path: Path) -> None:
    """The text says how to mend it."""
    KnownServers(path).add(Address("a.test"), PIN)
    path.chmod(0o620)
    with pytest.raises(TrustError, match="chmod 600"):
        KnownServers(path).pin_of(Address("a.test"))


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """Nobody is told that a server is trusted from now on when it is not."""
    (tmp_path / "config").write_text("a file where the directory should be")
    with pytest.raises(TrustError):
        KnownServers(tmp_path / "config" / "known_servers").add(Address("a.test"), PIN)


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({"HOME": "/home/a"}, "linux", "/home/a/.config/securechat/known_servers"),
        ({"HOME": "/home/a", "XDG_CONFIG_HOME": "/x"}, "linux", "/x/securechat/known_servers"),
        ({"HOME": "/home/a", "XDG_CONFIG_HOME": "rel"}, "linux", "/home/a/.config/securechat/known_servers"),
        ({"HOME": "/Users/a"}, "darwin", "/Users/a/Library/Application Support/securechat/known_servers"),
        ({"HOME": "/h", "APPDATA": "/roaming"}, "win32", "/roaming/securechat/known_servers"),
    ],
)
def test_the_file_is_where_the_system_keeps_such_files(
    environment: dict[str, str], platform: str, expected: str
) -> None:
    """XDG first, then the platform's own place."""
    assert places(environment, platform).known_servers.as_posix() == expected


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"HOME": "/home/a"}, "/home/a/.local/share/securechat/ca.pem"),
        ({"HOME": "/home/a", "XDG_DATA_HOME": "/d"}, "/d/securechat/ca.pem"),
        ({"HOME": "/h", "XDG_DATA_HOME": "/d", "SECURECHAT_DATA_DIR": "/s"}, "/s/ca.pem"),
    ],
)
def test_the_own_servers_ca_is_in_its_data_directory(environment: dict[str, str], expected: str) -> None:
    """As the server itself looks for it."""
    assert places(environment, "linux").own_ca.as_posix() == expected
