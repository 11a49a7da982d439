"""What lies on the desk of an account: what is muted line by line is muted in the app."""

from pathlib import Path

from securechat.client.address import Address
from securechat.client.kept.desk import Desk, DeskFile
from securechat.client.plain.muting import Muting


def test_what_is_muted_stays_so(tmp_path: Path) -> None:
    """Over the end of the program, with everything else that lies there."""
    file = DeskFile(tmp_path, Address("h.test"), "alice")
    file.save(Desk({"#ops": "a draft"}, ["bob"], ["#random"], "#ops"))
    muting = Muting(lambda command: None, file)
    assert muting.is_muted("#Random")
    assert muting.turn("#ops")
    assert not muting.turn("#RANDOM")
    assert file.load() == Desk({"#ops": "a draft"}, ["bob"], ["#ops"], "#ops")
    assert Muting(lambda command: None, file).is_muted("#ops")
