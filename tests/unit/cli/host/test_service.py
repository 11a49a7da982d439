"""`securechat service`, on a host that a test has made up."""

import getpass
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from securechat.app import directory, units
from securechat.app.certificates import prepare
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.host import service
from securechat.config import Config
from tests.unit.conftest import Command

PASSWORD = "correct horse battery\n"


class Host:
    """What a host with systemd has: directories, and a manager that starts a server on command."""

    def __init__(self, root: Path) -> None:
        self.data, self.etc, self.backups = root / "data", root / "etc", root / "backups"
        self.booted, self.sysusers = root / "booted", root / "sysusers.d" / "securechat.conf"
        self.etc.mkdir()
        self.booted.mkdir()
        self.ran: list[str] = []
        self.fails: Callable[[str], bool] = lambda line: False

    def run(self, *words: str) -> None:
        """Run a command as a host would."""
        line = " ".join(words)
        self.ran.append(line)
        if self.fails(line):
            raise CommandFailed(f"{line} has failed")
        if line == "systemctl restart securechat.service":
            prepare(Config(), self.data)


@pytest.fixture
def host(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """A host on which this program can be installed."""
    made = Host(tmp_path)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setattr(service, "OF_SERVICE", made.data)
    monkeypatch.setattr(directory, "OF_SERVICE", made.data)
    monkeypatch.setattr(service, "_ETC", made.etc)
    monkeypatch.setattr(service, "_SYSUSERS", made.sysusers)
    monkeypatch.setattr(service, "_BOOTED", made.booted)
    monkeypatch.setattr(service, "_run", made.run)
    monkeypatch.setattr(service, "_journal", lambda: "the last lines of the log")
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(units, "BACKUPS", made.backups)
    monkeypatch.setattr(units, "USER", getpass.getuser())
    monkeypatch.setattr(units, "out_of_reach", lambda: None)
    return made


def test_an_empty_host_gets_a_server_and_an_administrator(command: Command, host: Host) -> None:
    """Units, directories, a configuration with which people can be invited, and the account are there."""
    ended = command(
        *("service", "install", "--name", "chat.example.org", "--admin", "alice", "--password-stdin"),
        "--json",
        stdin=PASSWORD,
    )
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["data"] == str(host.data)
    assert {path.name for path in host.etc.iterdir()} == set(units.UNITS)
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in (*host.etc.iterdir(), host.sysusers))
    assert host.data.stat().st_mode & 0o777 == host.backups.stat().st_mode & 0o777 == 0o700
    shown = command("config", "show", "--json")
    config = json.loads(shown.out)
    assert (config["server"]["name"], config["identity"]["registration"]) == ("chat.example.org", "invite")
    assert [row["role"] for row in json.loads(command("users", "--json").out)] == ["admin"]
    assert "securechat invite" in ended.err and "securechat connect --host" in ended.err
    assert host.ran == [
        "systemctl daemon-reload",
        f"systemd-sysusers {host.sysusers}",
        "systemctl enable securechat.socket securechat.service securechat-backup.timer",
        "systemctl start securechat.socket",
        "systemctl restart securechat.service",
        "systemctl start securechat-backup.timer",
    ]


def test_done_again_it_changes_only_the_units(command: Command, host: Host) -> None:
    """What is configured stays; the sockets stay open, unless it is another port."""
    assert command("service", "install").code == 0
    configuration = host.data / "securechat.toml"
    configuration.write_text("[server]\nname = 'other.example.org'\n")
    host.ran.clear()
    assert command("service", "install", "--name", "other.example.org").code == 0
    assert "systemctl stop securechat.socket securechat.service" not in host.ran
    assert configuration.read_text() == "[server]\nname = 'other.example.org'\n"
    refused = command("service", "install", "--name", "chat.example.org")
    assert refused.code == ExitCode.REFUSED and "set server.name there" in refused.err
    assert command("service", "install", "--port", "7000").code == 0
    assert "systemctl stop securechat.socket securechat.service" in host.ran
    assert "ListenStream=7000" in (host.etc / "securechat.socket").read_text()
    host.ran.clear()
    assert command("service", "install").code == 0, "it brings a new version in, and nothing else"
    assert "ListenStream=7000" in (host.etc / "securechat.socket").read_text()
    assert "systemctl stop securechat.socket securechat.service" not in host.ran


def test_what_somebody_else_has_written_stays(command: Command, host: Host) -> None:
    """A unit of the same name that is not of this command is not overwritten, and not removed."""
    unit = host.etc / "securechat.service"
    unit.write_text("[Service]\nExecStart=/usr/bin/mine\n")
    for words in (("install",), ("remove",)):
        refused = command("service", *words)
        assert refused.code == ExitCode.REFUSED and f"{unit} is not of" in refused.err
    assert "mine" in unit.read_text() and host.ran == []


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--name", "no dot"), "server.name must be"),
        (("--admin", "no name"), "not U+0020"),
        (("--admin", "alice", "--password-stdin"), "too short"),
    ],
)
def test_a_mistake_changes_nothing(command: Command, host: Host, words: tuple[str, ...], text: str) -> None:
    """A bad name or password is found before anything is written."""
    ended = command("service", "install", *words, stdin="short\n")
    assert ended.code != 0 and text in ended.err, ended.err
    assert list(host.etc.iterdir()) == [] and not host.data.exists() and host.ran == []


def test_a_server_that_does_not_start_says_why(command: Command, host: Host) -> None:
    """The end of its log is shown, and where the rest is."""
    host.fails = lambda line: line == "systemctl restart securechat.service"
    ended = command("service", "install")
    assert ended.code == ExitCode.ERROR
    assert "has failed" in ended.err and "the last lines of the log" in ended.err


def test_without_systemd_or_root_it_says_so(
    command: Command, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is tried that cannot succeed."""
    host.booted.rmdir()
    assert "systemd does not run this host" in command("service", "install").err
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert "only root" in command("service", "install").err
    monkeypatch.setattr("os.geteuid", lambda: 0)
    host.booted.mkdir()
    monkeypatch.setattr(units, "out_of_reach", lambda: Path("/root/x"))
    ended = command("service", "install")
    assert "/root/x is in a home directory" in ended.err and "scripts/install" in ended.err
    assert host.ran == []


def test_what_was_installed_is_removed(command: Command, host: Host) -> None:
    """The units go, and what the server has kept stays; a second time there is nothing."""
    assert command("service", "install").code == 0
    ended = command("service", "remove", "--json")
    assert ended.code == 0 and json.loads(ended.out)["removed"] == list(units.UNITS)
    assert list(host.etc.iterdir()) == [] and (host.data / "securechat.toml").exists()
    assert command("service", "remove").code == ExitCode.REFUSED


def test_the_units_are_shown(command: Command, host: Host) -> None:
    """All of them with where they belong, or one as it is."""
    everything = command("service", "show").out
    assert everything.count("# /etc/systemd/system/") == len(units.UNITS)
    one = command("service", "show", "securechat.socket", "--port", "7000").out
    assert one == units.units(7000)["securechat.socket"]
    assert command("service", "show", "nothing").code == ExitCode.USAGE


def test_roots_commands_are_about_the_service(host: Host) -> None:
    """On a host with the service root needs no --data-dir; an own place that is named comes first."""
    assert directory.default_directory({}) != host.data
    host.data.mkdir()
    assert directory.default_directory({}) == host.data
    assert directory.default_directory({"XDG_DATA_HOME": "/x"}) == Path("/x/securechat")
