"""`--json`: whatever a value holds, what is printed is safe on a terminal and parses to the same value."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from typer.core import TyperGroup

from securechat.app.certificates import prepare
from securechat.chat.records import MessageSent
from securechat.chat.requests import Done
from securechat.cli import ask as ask_module
from securechat.cli import table
from securechat.cli.commands import SECTIONS, built
from securechat.client.address import Address
from securechat.client.network.devices import DeviceFiles
from securechat.config import Config
from securechat.server import control_client
from securechat.storage.sqlite import open_store
from tests.unit.conftest import Command

CORPUS = (
    "".join(map(chr, range(0x20))) + '"\\',
    "".join(map(chr, range(0x7F, 0xA0))),
    "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff\u200b\u00ad",
    "".join(map(chr, range(0xE0000, 0xE0080))) + "\U000e0fff\ufff9\ufffa\ufffb",
    "\ud800 \udfff \udc80",
    "grüße 👍🏽 日本語 العربية",
)
ALL = "".join(CORPUS)
NAME = "a\x1b]52;c;x\x07\x9b31m\u202e\U000e0041é\udcff"
"""What a file's name can hold."""


def is_safe(text: str) -> bool:
    """Return whether a text is one line of what a terminal shows as it is."""
    return all(char == " " or char.isprintable() for char in text)


def printed(text: str) -> object:
    """Check what was printed, and return what it says."""
    (line,) = text.removesuffix("\n").split("\n")
    assert is_safe(line), ascii(line)
    value: object = json.loads(line)
    return value


@pytest.mark.parametrize("value", [*CORPUS, ALL, {ALL: [ALL]}], ids=map(str, range(8)))
def test_a_value_stays_what_it_is(value: object, capfd: pytest.CaptureFixture[str]) -> None:
    """Also as a key; halves of pairs are printed like everything else."""
    table.print_json(value)
    sys.stdout.flush()
    assert printed(capfd.readouterr().out) == value


def test_letters_and_emoji_stay_readable(capfd: pytest.CaptureFixture[str]) -> None:
    """They are not what a terminal obeys."""
    table.print_json("grüße 👍🏽 日本語")
    sys.stdout.flush()
    assert capfd.readouterr().out == '"grüße 👍🏽 日本語"\n'


def test_what_is_printed_for_people_is_escaped(capfd: pytest.CaptureFixture[str]) -> None:
    """In tables the same characters are."""
    table.print_table([("NAME",), (ALL,)])
    sys.stdout.flush()
    assert all(map(is_safe, capfd.readouterr().out.removesuffix("\n").split("\n")))


def commands() -> Iterator[tuple[str, bool]]:
    """Yield every command of the program, and whether it has the option."""
    for module in {entry.module for section in SECTIONS.values() for entry in section.values()}:
        for name, made in built(module).items():
            inner = made.commands if isinstance(made, TyperGroup) else {"": made}
            for word, command in inner.items():
                yield f"{name} {word}".strip(), any(param.name == "as_json" for param in command.params)


ROW: Mapping[str, str | int | bool | None] = {"name": ALL, "id": 1}
ASKED = {
    "users": ("users",),
    "sessions": ("sessions",),
    "channel list": ("channel", "list"),
    "devices list": ("devices", "list"),
    "totp list": ("totp", "list"),
    "invite": ("invite", "list"),
    "audit show": ("audit", "show"),
    "channel ban": ("channel", "ban", "#dev", "alice"),
    "channel bans": ("channel", "bans", "#dev"),
    "channel kickban": ("channel", "kickban", "#dev", "alice"),
    "channel mute": ("channel", "mute", "#dev", "alice"),
    "channel slow": ("channel", "slow", "#dev", "30"),
    "channel unban": ("channel", "unban", "#dev", "alice"),
    "channel unmute": ("channel", "unmute", "#dev", "alice"),
    "reports close": ("reports", "close", "1"),
    "reports list": ("reports", "list"),
    "reports show": ("reports", "show", "1"),
    "ban add": ("ban", "add", "alice"),
    "ban list": ("ban", "list"),
    "ban remove": ("ban", "remove", "alice"),
}


@pytest.mark.parametrize("arguments", ASKED.values(), ids=ASKED)
def test_what_the_chat_answers(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch, arguments: Sequence[str]
) -> None:
    """Rows from the running server, or the database."""
    home.mkdir(parents=True)
    answers = [Done([ROW]), Done([])]
    monkeypatch.setattr(ask_module.Asking, "ask", lambda *_: answers.pop(0))
    value = printed(command(*arguments, "--json").out)
    assert value in (ROW, [ROW])


CHANGES = {
    "adduser": ("adduser", "bob", "--generate"),
    "passwd": ("passwd", "alice", "--generate"),
    "role": ("role", "alice", "bot"),
    "rename": ("rename", "alice", "alicia"),
    "disable": ("disable", "alice"),
    "enable": ("enable", "alice"),
    "deluser": ("deluser", "alice", "--yes"),
}


@pytest.mark.parametrize("arguments", CHANGES.values(), ids=CHANGES)
def test_what_was_changed(command: Command, arguments: Sequence[str]) -> None:
    """One object on standard output, with a generated password in it, and nothing on standard error."""
    assert command("adduser", "alice", "--generate").code == 0
    ended = command(*arguments, "--json")
    assert (ended.code, ended.err) == (0, "")
    value = printed(ended.out)
    name = "alicia" if arguments[0] == "rename" else arguments[1]
    assert isinstance(value, dict) and value["account"] == name
    assert ("password" in value) is ("--generate" in arguments)


def test_what_was_changed_of_devices(command: Command) -> None:
    """The token is in the object that is printed, once."""
    assert command("adduser", "alice", "--generate").code == 0
    added = printed(command("devices", "add", "alice", "phone", "--json").out)
    assert isinstance(added, dict) and str(added.pop("token")).startswith("sct_")
    assert added == {"account": "alice", "device": "phone", "days": 365}
    revoked = command("devices", "revoke", "alice", "phone", "--json")
    assert (printed(revoked.out), revoked.err) == ({"account": "alice", "device": "phone"}, "")


def test_what_was_changed_of_sessions(command: Command) -> None:
    """How many there were to end."""
    assert command("adduser", "alice", "--generate").code == 0
    for arguments in (("end", "alice"), ("end", "--address", "192.0.2.0/24")):
        assert printed(command("sessions", *arguments, "--json").out) == {"ended": 0}


def test_what_was_changed_of_channels(command: Command) -> None:
    """What was set, which channels there were to drop, and that all of it is in the audit log."""
    assert command("adduser", "alice", "--generate").code == 0
    ended = command("channel", "set", "#general", "retention_days", "30", "--json")
    assert printed(ended.out) == {"channel": "#general", "setting": "retention_days", "value": "30"}
    for how, dropped in (("--dry-run", 0), ("--yes", 1)):
        value = printed(command("channel", "drop", "#gen*", how, "--json").out)
        assert value == {"channels": ["#general"], "dropped": dropped}
    verified = printed(command("audit", "verify", "--json").out)
    assert isinstance(verified, dict) and verified["entries"] == 3


def test_what_the_server_answers(command: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its counters."""
    home.mkdir(parents=True)
    monkeypatch.setattr(control_client, "ask", lambda *_: Done([ROW]))
    assert printed(command("status", "--json").out) == {"ready": True, "not_ready": [], **ROW}


def test_names_of_files(command: Command, tmp_path: Path) -> None:
    """They are what the operating system has, whether that is UTF-8 or not."""
    assert command("adduser", "alice", "--generate").code == 0
    saved, lines = (tmp_path / f"{word}{NAME}" for word in ("saved", "lines"))
    prepare(Config(), made := tmp_path / NAME)
    certificate = str(made / "server.pem")
    for facts, name in (
        (printed(command("backup", str(saved), "--json").out), escaped(saved)),
        (printed(command("export", str(lines), "--all", "--json").out), escaped(lines)),
        (printed(command("certs", "show", "--json", "--cert", certificate).out), certificate),
    ):
        assert isinstance(facts, dict) and name in facts.values()
    noted = [printed(line) for line in command("audit", "show", "--json").out.removesuffix("\n").split("\n")]
    assert {escaped(saved)} <= {row["target"] for row in noted if isinstance(row, dict)}
    assert printed(command("import", str(lines), "--json").out)
    assert printed(command("restore", str(saved), "--data-dir", str(tmp_path / "new"), "--json").out)


def escaped(path: Path) -> str:
    """Return a name as UTF-8: what is none is written as an escape."""
    return str(path).replace("\udcff", "\\xff")


def test_what_is_wrong(command: Command, home: Path) -> None:
    """A finding names files, whatever their names are."""
    home.mkdir(parents=True)
    (home / NAME).write_text("")
    (home / NAME).chmod(0o644)
    found = printed(command("doctor", "--json").out)
    assert isinstance(found, dict) and found["well"] is False
    assert any(str(home / NAME) in finding["wrong"] for finding in found["findings"])


def test_values_of_the_configuration(command: Command, home: Path) -> None:
    """They come from a file."""
    home.mkdir(parents=True)
    (home / "securechat.toml").write_text('[tls]\ncertificate = "/\\u009b31m\\u202e \\U000E0041"\nkey="x"')
    shown = printed(command("config", "show", "--json").out)
    assert isinstance(shown, dict) and shown["tls"]["certificate"] == "/\x9b31m\u202e \U000e0041"


def test_what_was_said(command: Command, home: Path) -> None:
    """The lines of an export, on standard output, too; an import of them has the same text."""
    assert command("adduser", "alice", "--generate").code == 0
    text = "".join(char for char in ALL if char not in "\0\r\n" and not "\ud800" <= char <= "\udfff")
    (channel,) = (row for row in lines_of(command) if row["type"] == "channel")
    said = MessageSent(1 << 60, 1, "PRIVMSG", 1, "alice", 1, None, str(channel["name"]), text, {"+x": text})
    with closing(open_store(home)) as store:
        store.commit([said])
    found = [row for row in lines_of(command) if row["type"] == "message"]
    assert [(row["text"], row["tags"]) for row in found] == [(text, {"+x": text})]


def lines_of(command: Command) -> list[dict[str, object]]:
    """Export everything to standard output."""
    rows = [printed(line) for line in command("export", "--all").out.removesuffix("\n").split("\n")]
    return [row for row in rows if isinstance(row, dict)]


def test_a_configuration_that_is_right_or_not(command: Command, home: Path) -> None:
    """Each problem is one of a list; the exit code is the same as for people."""
    home.mkdir(parents=True)
    right = printed(command("config", "check", "--json").out)
    assert right == {"right": True, "file": None, "problems": [], "notes": []}
    file = home / "securechat.toml"
    file.write_text('[server]\nprot = 1\nnetwork = "\x80"\nhost = 5\n'.replace("\x80", "\\u009b"))
    ended = command("config", "check", "--json")
    found = printed(ended.out)
    assert isinstance(found, dict) and (ended.code, ended.err, found["right"]) == (1, "", False)
    assert found["file"] == str(file)
    assert any(text.startswith("server.prot is not a known key") for text in found["problems"])
    assert len(found["problems"]) == len(command("config", "check").err.splitlines()) >= 2


def test_every_key_of_the_configuration(command: Command) -> None:
    """With its default, what it means and what it may be."""
    keys = printed(command("config", "default", "--json").out)
    assert isinstance(keys, list)
    (port,) = [key for key in keys if key["key"] == "server.port"]
    assert (port["default"], port["variable"]) == (6697, "SECURECHAT_SERVER__PORT")
    assert port["accepts"] == "a number from 0 to 65535" and port["meaning"] and port["live"] is False


def test_a_key_that_is_forgotten(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of this computer: which device it was, so that a script can revoke it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    DeviceFiles(tmp_path / "config" / "securechat" / "devices").decline(Address("chat.test"), "alice")
    forgotten = printed(command("trust", "forget", "chat.test", "--json").out)
    assert forgotten == [{"server": "chat.test:6697", "account": "alice", "device": None, "expires": None}]


NO_JSON = {
    "server": "its standard output is one line, and its log is JSON where log.format says so",
    "service show": "prints a file that systemd reads",
    "connect": "a conversation; `tail` and `send` are for programs",
    "join": "the same, and what it makes is the server's",
    "man": "writes pages for people",
}
"""Commands without the option, and why."""


def test_every_command_has_it_but_for_a_reason() -> None:
    """A new command that changes or shows something prints JSON, or is added to the exceptions."""
    assert {name for name, has_it in commands() if not has_it} == NO_JSON.keys()


def test_no_command_is_forgotten() -> None:
    """Those not run above print ids and times (`send`), or what the caller has named."""
    named = {*ASKED, "status", "doctor", "backup", "restore", "export", "import", "certs show"}
    named |= {"config show", "config check", "config default"}
    others = {
        *(
            "trust list",
            "trust devices",
            "trust remove",
            "trust forget",
            "channel set",
            "channel drop",
            "audit verify",
        ),
        "totp reset",
        "devices add",
        "devices revoke",
        "send",
        "reload",
        "certs acme",
        "certs install",
        "certs renew",
        "history",  # this and the next three: tests/system/test_line_tools.py
        "search",
        "who",
        "tail",
        "migrate-store",
        "service install",
        "service remove",
        "top",
        "doctor",
    }
    assert {name for name, has_it in commands() if has_it} == named | others | set(CHANGES)
    modules = Path(table.__file__).parent.glob("*.py")
    assert [path.name for path in modules if "import json" in path.read_text()] == ["table.py"]
