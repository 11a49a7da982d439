"""`securechat users import`: many accounts from a CSV file, or none of them."""

import csv
import json
import stat
from pathlib import Path

import pytest

from securechat.chat.requests import Refused
from securechat.cli import ask as ask_module
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.people import many_accounts
from securechat.storage.passwords import Hasher
from securechat.storage.sqlite import open_store
from tests.unit.conftest import Command

HASHER = Hasher(2, 19456, 1)


def names(home: Path) -> list[str]:
    """The names of the accounts that there are."""
    store = open_store(home)
    try:
        return sorted(account.name for account in store.load().accounts)
    finally:
        store.close()


def test_accounts_of_a_file(command: Command, home: Path, tmp_path: Path) -> None:
    """As spreadsheets write it: a byte order mark, CR LF, semicolons, quotes, empty lines."""
    file, save = tmp_path / "people.csv", tmp_path / "passwords.csv"
    text = '\ufeffName;Role;Password\r\nmax;ADMIN;"long; enough"\r\n"möritz";;\r\n;;\r\n\r\nrobo;bot;\r\n'
    file.write_text(text, encoding="utf-8", newline="")
    ended = command("users", "import", str(file), "--save", str(save), "--json")
    assert (ended.code, ended.err) == (0, "")
    facts = {"accounts": 3, "generated": 2, "dry_run": False, "passwords": str(save)}
    assert json.loads(ended.out) == facts
    assert stat.S_IMODE(save.stat().st_mode) == 0o600
    passwords = {
        row["name"]: row["password"] for row in csv.DictReader(save.read_text(encoding="utf-8").splitlines())
    }
    assert passwords.keys() == {"möritz", "robo"}
    store = open_store(home)
    try:
        accounts = {account.name: account for account in store.load().accounts}
    finally:
        store.close()
    roles = {name: (account.role, account.password_due) for name, account in accounts.items()}
    assert roles == {"max": ("admin", False), "möritz": ("member", True), "robo": ("bot", False)}
    for name, password in {**passwords, "max": "long; enough"}.items():
        phc = accounts[name].phc
        assert phc is not None and HASHER.check(phc, password).correct
    rows = [json.loads(line) for line in command("audit", "show", "--json").out.splitlines()]
    assert [(row["action"], row["target"], row["detail"]) for row in rows] == [
        ("adduser", "max", "admin"),
        ("adduser", "möritz", "member, password to be changed"),
        ("adduser", "robo", "bot"),
    ]


def test_every_wrong_line_is_named_and_nothing_done(command: Command, home: Path, tmp_path: Path) -> None:
    """Also those that only the server knows; without any password being hashed or written."""
    assert command("adduser", "max", "--generate").code == 0
    lines = [
        "name,role,password",
        "good,,",
        "rnax,,",
        "7up,,",
        "bob,king,",
        "bob,,short",
        "b0b,,",
        "securechat,,",
    ]
    save = tmp_path / "passwords.csv"
    ended = command("users", "import", "-", "--save", str(save), "--json", stdin="\n".join(lines))
    assert ended.code == ExitCode.REFUSED
    wrong = json.loads(ended.out)["wrong"]
    assert [row["line"] for row in wrong] == [3, 4, 5, 6, 7, 8]
    for word in ("looks like", "digit", "no role", "too short", "line 5", "server's own"):
        assert word in ended.err
    assert "line 8:" in ended.err
    assert not save.exists()
    assert names(home) == ["max"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "columns"),
        ("name\n", "no account"),
        ("person\nalice\n", "columns"),
        ("name,name\na,b\n", "columns"),
        ("name,shoe size\na,b\n", "shoe size"),
        ("name\na,b\n", "line 2"),
        ('name\n"a\n', "not CSV"),
        ("name\na\x00b\n", "U+0000"),
        ("name\nali\u202ece\n", "line 2"),
        ("name\n" + "a" * 200_000 + "\n", "line 2"),
    ],
)
def test_what_is_no_such_file(command: Command, home: Path, text: str, word: str) -> None:
    """The error says what is wrong and where; nothing of it reaches the terminal as it is."""
    assert command("adduser", "max", "--generate").code == 0
    ended = command("users", "import", "-", "--save", "x.csv", stdin=text)
    assert ended.code == ExitCode.REFUSED
    assert word in ended.err
    assert "\u202e" not in ended.err
    assert names(home) == ["max"]


def test_usage(command: Command, tmp_path: Path) -> None:
    """Generated passwords need a file that is not there yet; other bytes than UTF-8 are refused."""
    assert command("adduser", "max", "--generate").code == 0
    file = tmp_path / "people.csv"
    file.write_text("name\nalice\n")
    assert command("users", "import", str(file)).code == ExitCode.USAGE
    assert command("users", "import", str(file), "--save", str(file)).code == ExitCode.ERROR
    assert command("users", "import").code == ExitCode.USAGE
    assert command("users", "import", str(tmp_path / "nothing")).code == ExitCode.ERROR
    file.write_bytes(b"name\nalice\nb\xff\n")
    assert "line 3" in command("users", "import", str(file)).err
    assert "alice" not in command("users").out


def test_a_dry_run(command: Command, home: Path) -> None:
    """The same looks, and nothing more; no file for passwords is needed."""
    assert command("adduser", "max", "--generate").code == 0
    ended = command("users", "import", "-", "--dry-run", stdin="name\nalice\nbob\n")
    assert (ended.code, ended.out) == (0, "")
    assert "2 accounts can be made" in ended.err
    assert command("users", "import", "-", "--dry-run", stdin="name\nmax\n").code == ExitCode.REFUSED
    assert names(home) == ["max"]


def test_more_accounts_than_go_together(
    command: Command, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it ends early those that were made are there, and it is said which was the last."""
    monkeypatch.setattr(many_accounts, "_hash_all", lambda wanted, _: ["$phc$"] * len(wanted))
    lines = "name,password\n" + "".join(f"person{number:03}x,long enough\n" for number in range(120))
    real, asked = ask_module.Asking.ask, []

    def ask(self: ask_module.Asking, request: object) -> object:
        asked.append(request)
        if len(asked) == 5:
            raise CommandFailed("the disk is full", ExitCode.REFUSED)
        return real(self, request)  # type: ignore[arg-type]

    monkeypatch.setattr(ask_module.Asking, "ask", ask)
    ended = command("users", "import", "-", stdin=lines)
    assert ended.code == ExitCode.REFUSED
    assert "50 of 120 accounts were made" in ended.err
    assert "person049x" in ended.err
    assert len(names(home)) == 50


def test_the_passwords_go_when_nothing_was_made(
    command: Command, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of passwords that open nothing would only confuse."""
    real = ask_module.Asking.ask
    save = tmp_path / "passwords.csv"

    def ask(self: ask_module.Asking, request: object) -> object:
        if type(request).__name__ == "AddAccounts":
            assert save.exists(), "it is on disk before an account has them"
            raise CommandFailed(Refused("STORE_UNAVAILABLE", "the disk is full").text, ExitCode.REFUSED)
        return real(self, request)  # type: ignore[arg-type]

    monkeypatch.setattr(ask_module.Asking, "ask", ask)
    ended = command("users", "import", "-", "--save", str(save), stdin="name\nalice\n")
    assert ended.code == ExitCode.REFUSED
    assert not save.exists()
