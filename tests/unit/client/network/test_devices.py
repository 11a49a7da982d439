"""What this computer is to its servers: the files, and which server is shown which key."""

import stat
from pathlib import Path

import pytest

from securechat.client.account.login import log_in
from securechat.client.address import Address, parse_address
from securechat.client.errors import CredentialError, DeviceRefused, TrustError
from securechat.client.network import trust
from securechat.client.network.devices import DeviceFiles, Kept, names
from securechat.client.network.trust import settle
from securechat.client.paths import Places
from tests.unit.client.certificates import Workshop
from tests.unit.client.network.test_trust import serving

HERE = Address("chat.example.org")
KEPT = Kept(str(HERE), "alice", "laptop", 1_800_000_000_000, ("sha256:a",))


def never() -> str:
    raise AssertionError("a password was asked for")


def test_a_device_is_kept_for_its_server_and_account(tmp_path: Path) -> None:
    """Names are compared without their case and without a session's; another port is another server."""
    files = DeviceFiles(tmp_path / "devices")
    path = files.keep(KEPT, b"PEM\n")
    assert files.find(HERE, "ALICE@work") == files.find(HERE, "alice") == KEPT
    assert files.find(HERE, "bob") is None
    assert files.find(parse_address("chat.example.org:6698"), "alice") is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_renewed_device_keeps_its_key(tmp_path: Path) -> None:
    """Only until when it may log in is written anew."""
    files = DeviceFiles(tmp_path)
    path = files.keep(KEPT, b"PEM\nPEM\n")
    files.renew(KEPT, 1_900_000_000_000)
    found = files.find(HERE, "alice")
    assert found is not None and found.until == 1_900_000_000_000
    assert path.read_bytes().endswith(b"}\nPEM\nPEM\n")


def test_the_answer_no_is_kept_until_it_is_forgotten(tmp_path: Path) -> None:
    """It is no device, and nothing is shown to anybody."""
    files = DeviceFiles(tmp_path)
    files.decline(HERE, "Alice")
    (kept,) = files.all()
    assert (kept.account, kept.device) == ("alice", "")
    files.forget(kept)
    files.forget(kept)
    assert files.all() == [] and files.find(HERE, "alice") is None


@pytest.mark.parametrize(
    "content", [b"", b"{}\n", b"[]\n", b"\xff\n", b'{"server":"a b","account":"x"}\n', b"null"]
)
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    """It is not taken for no device, or somebody would wonder why a password is asked for."""
    files = DeviceFiles(tmp_path)
    path = files.keep(KEPT, b"")
    path.write_bytes(content)
    with pytest.raises(CredentialError, match="is damaged: remove it") as caught:
        files.find(HERE, "alice")
    assert str(path) in str(caught.value)


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    """The error says how to mend it."""
    files = DeviceFiles(tmp_path)
    path = files.keep(KEPT, b"")
    path.chmod(0o640)
    with pytest.raises(CredentialError, match=f"chmod 600 {path}"):
        files.find(HERE, "alice")


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    """The key is not kept, in words."""
    (tmp_path / "file").write_text("")
    with pytest.raises(CredentialError, match="the key cannot be kept"):
        DeviceFiles(tmp_path / "file" / "devices").keep(KEPT, b"")


def test_a_device_has_a_name_that_servers_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """The computer's, of ASCII letters, digits and the like; numbers tell computers of one name apart."""
    monkeypatch.setattr("socket.gethostname", lambda: "Évas  Läptop\x1b[1m-of-the-whole-family.example.org")
    several = names()
    assert [next(several), next(several)] == ["vas-L-ptop-1m-of-the-wh", "vas-L-ptop-1m-of-the-wh-2"]
    monkeypatch.setattr("socket.gethostname", lambda: "日本")
    assert next(names()) == "computer"


def test_a_key_is_for_the_server_it_was_made_for(workshop: Workshop, places: Places, tmp_path: Path) -> None:
    """The same name and port with another authority is another server: there the password is asked for."""
    (tmp_path / "other").mkdir()
    other = Workshop(tmp_path / "other")
    ours = settle(HERE, places, ca=workshop.ca_file())
    kept = Kept(str(HERE), "alice", "laptop", 0, ours.anchors)
    path = DeviceFiles(places.devices).keep(kept, b"")
    assert log_in(ours, "alice", places, never, by_key=True).credentials.device == path
    pinned = settle(HERE, places, pin=ours.anchors[0])
    assert log_in(pinned, "alice", places, never, by_key=True).credentials.device == path
    for stranger in (settle(HERE, places, ca=other.ca_file()), settle(HERE, places)):
        login = log_in(stranger, "alice", places, lambda: "secret", by_key=True)
        assert (login.credentials.device, login.credentials.password) == (None, "secret")
        assert stranger.certificate is None


def test_a_key_that_a_public_authority_vouched_for(workshop: Workshop, places: Places) -> None:
    """It is not shown where somebody named an authority of their own."""
    kept = Kept(str(HERE), "alice", "laptop")
    assert kept.fits(settle(HERE, places))
    assert not kept.fits(settle(HERE, places, ca=workshop.ca_file()))
    assert not Kept(str(HERE), "alice").fits(settle(HERE, places))


def test_no_key_is_used_where_none_is_wanted(workshop: Workshop, places: Places) -> None:
    """`--no-device`, and a password that was named."""
    ours = settle(HERE, places, ca=workshop.ca_file())
    DeviceFiles(places.devices).keep(Kept(str(HERE), "alice", "laptop", 0, ours.anchors), b"")
    assert log_in(ours, "alice", places, lambda: "secret", by_key=False).credentials.password == "secret"


def test_a_damaged_key_is_refused_before_anything_is_sent(workshop: Workshop, places: Places) -> None:
    """The error names the file and how to forget it; a server that is not trusted does not even see that."""
    with serving(workshop.server()) as server:
        ours = settle(server.address, places, ca=workshop.ca_file())
        kept = Kept(str(server.address), "alice", "laptop", 0, ours.anchors)
        DeviceFiles(places.devices).keep(kept, b"no key\n")
        log_in(ours, "alice", places, never, by_key=True)
        with pytest.raises(DeviceRefused, match=f"securechat trust forget {server.address}"):
            trust.connect(ours)


def test_an_authority_that_cannot_be_read(workshop: Workshop, places: Places) -> None:
    """It is an error of trust, in words."""
    ours = settle(HERE, places, ca=workshop.ca_file())
    workshop.ca_file().write_text("nothing")
    with pytest.raises(TrustError, match="PEM"):
        assert ours.anchors
