"""What the app keeps: settings and the desk; and the mailbox between the threads."""

from pathlib import Path

import pytest

from securechat.client.address import Address
from securechat.client.events import Announced
from securechat.client.kept.desk import Desk, DeskFile
from securechat.client.tui.keys import ACTIONS
from securechat.client.tui.mailbox import Mailbox
from securechat.client.tui.settings import CHOICES, Settings, SettingsFile

HOME = Address("chat.example.org", 6697)


def test_settings_come_back(tmp_path: Path) -> None:
    """Also keys, and names with quotes in them do no harm."""
    settings = Settings().with_choice("theme", "light").with_choice("language", "ru")
    settings = Settings(settings.chosen, {"switcher": 'ctrl+"'})
    SettingsFile(tmp_path / "app.toml").save(settings)
    read = SettingsFile(tmp_path / "app.toml")
    assert read.load(frozenset(ACTIONS)) == settings and read.problems == []
    assert (tmp_path / "app.toml").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('theme = "pink"\nlanguage = "ru"\n', "theme can be dark, light"),
        ("theme = 3\n", "theme can be dark, light"),
        ('colour = "red"\n', "colour is no setting; there are theme, language"),
        ('[keys]\nfly = "f9"\n', "the actions are above, bare, below"),
        ("[keys]\nswitcher = 3\n", "[keys] has actions"),
        ('keys = "x"\n', "[keys] has actions"),
        ("theme = ", "app.toml: "),
        ("\x00", "app.toml: "),
    ],
)
def test_wrong_settings_are_named_and_the_rest_counts(tmp_path: Path, text: str, problem: str) -> None:
    """A mistake in the file keeps nobody from chatting."""
    path = tmp_path / "app.toml"
    path.write_text(text)
    file = SettingsFile(path)
    settings = file.load(frozenset(ACTIONS))
    assert settings["theme"] == "dark" and settings["language"] == ("ru" if "ru" in text else "auto")
    assert any(problem in said for said in file.problems) or not problem


def test_no_file_is_no_problem(tmp_path: Path) -> None:
    """The defaults are the first of the choices."""
    file = SettingsFile(tmp_path / "app.toml")
    settings = file.load(frozenset(ACTIONS))
    assert file.problems == [] and all(settings[name] == CHOICES[name][0] for name in CHOICES)


@pytest.mark.parametrize(("name", "value"), [("theme", "pink"), ("nothing", "x"), ("theme", "")])
def test_a_choice_that_is_none_names_the_choices(name: str, value: str) -> None:
    """What can be chosen is in the error."""
    with pytest.raises(ValueError, match="theme"):
        Settings().with_choice(name, value)


def test_the_desk_comes_back(tmp_path: Path) -> None:
    """For this account on this server only."""
    desk = Desk({"#ops": "half a\nthought"}, ["bob", "日本"], ["#random"], "#ops")
    file = DeskFile(tmp_path, HOME, "alice")
    file.save(desk)
    assert DeskFile(tmp_path, HOME, "ALICE").load() == desk
    assert DeskFile(tmp_path, HOME, "bob").load() == Desk()
    assert DeskFile(tmp_path, Address("chat.example.org", 1), "alice").load() == Desk()
    (path,) = (tmp_path / "desk").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "[]", "{", '{"drafts": 3, "people": "x"}', "\x00"])
def test_a_desk_that_cannot_be_read_is_empty(tmp_path: Path, text: str) -> None:
    """It costs drafts, not the start."""
    DeskFile(tmp_path, HOME, "alice").save(Desk({"#x": "y"}))
    (path,) = (tmp_path / "desk").iterdir()
    path.write_text(text)
    assert DeskFile(tmp_path, HOME, "alice").load() == Desk()


def test_an_empty_draft_is_none() -> None:
    """Blanks alone are nothing to keep; names are folded."""
    desk = Desk()
    desk.draft("#Ops", "text")
    assert desk.drafts == {"#ops": "text"}
    desk.draft("#OPS", "  \n")
    assert desk.drafts == {}


def test_the_mailbox_rings_once_until_it_is_emptied() -> None:
    """However much comes in between; nothing is lost and the order stays."""
    mailbox, rings = Mailbox(), list[int]()
    mailbox.ring = lambda: rings.append(1)
    events = [Announced("a", str(n)) for n in range(4)]
    mailbox.put(events[:1])
    mailbox.put(events[1:3])
    assert len(rings) == 1 and mailbox.take() == events[:3] and mailbox.take() == []
    mailbox.put(events[3:])
    assert len(rings) == 2 and mailbox.take() == events[3:]
