"""Starting the program: what is quick, what comes first, and how it ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from securechat import __version__
from securechat.cli.exits import ExitCode
from tests.unit.conftest import Command

HEAVY = {
    "alembic",
    "argon2",
    "asyncio",
    "cryptography",
    "hashlib",
    "logging",
    "msgspec",
    "precis_i18n",
    "pydantic",
    "rich",
    "secrets",
    "socket",
    "sqlalchemy",
    "ssl",
    "textual",
}

RUN = """
import runpy, sys
try:
    runpy.run_module("securechat", run_name="__main__", alter_sys=True)
finally:
    print("\\nMODULES", *sorted(sys.modules))
"""

# What every start loads of ours, and what one command loads besides.
ALWAYS = {
    "securechat",
    *("securechat.tls", "securechat.tls.groups"),
    *(
        f"securechat.cli{name}"
        for name in ("", ".app", ".commands", ".exits", ".files", ".shells", ".streams", ".telling")
    ),
}
CLIENT = {
    *("securechat.cli.client", "securechat.cli.table"),
    *(f"securechat.cli.client.{name}" for name in ("completing", "profiles", "remote")),
}


def python(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a Python of its own."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["--version"], 0),
        (["server", "--help"], 0),
        (["adduser", "--help"], 0),
        (["connect", "--help"], 0),
        (["send", "--help"], 0),
        (["tail", "--help"], 0),
        (["history"], 2),
        (["nonsense"], 2),
        (["adduser"], 2),
        (["server", "--port", "x"], 2),
    ],
)
def test_help_and_usage_errors_import_nothing_heavy(arguments: list[str], code: int) -> None:
    """They stay quick because what only some commands need is imported inside them."""
    ended = python(RUN, *arguments)
    assert ended.returncode == code
    modules = loaded(ended.stdout)
    assert "securechat" in modules
    assert not {name.partition(".")[0] for name in modules} & HEAVY


def loaded(output: str) -> set[str]:
    """The modules that were there in the end."""
    return set(output.rpartition("MODULES")[2].split())


@pytest.mark.parametrize(
    ("arguments", "besides"),
    [
        (["--help"], set[str]()),
        (["--version"], set[str]()),
        (["send", "--help"], {*CLIENT, "securechat.cli.client.send"}),
    ],
)
def test_no_command_loads_another_one(arguments: list[str], besides: set[str]) -> None:
    """All commands together cost a third of the time of a start."""
    modules = loaded(python(RUN, *arguments).stdout)
    assert {name for name in modules if name.partition(".")[0] == "securechat"} == ALWAYS | besides


def test_a_server_on_sqlite_loads_no_other_driver() -> None:
    """Nor what only some servers, or single commands, need."""
    code = """
import sys, securechat.__main__
from securechat.app import running
from securechat.irc.names import load_tables
load_tables()
print("MODULES", *sys.modules)
"""
    needless = {
        *("acme", "alembic", "psycopg", "pyrage", "rich", "textual"),
        *("confusable_homoglyphs.confusables", "sqlalchemy.dialects.postgresql"),
    }
    modules = loaded(python(code).stdout)
    assert "sqlalchemy" in modules
    assert not modules & needless


def test_openssl_is_configured_before_anything_reads_it() -> None:
    """The key exchange groups are restricted when OpenSSL starts."""
    code = "import sys, securechat.__main__ as m, os; print(os.environ['OPENSSL_CONF'], 'ssl' in sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={name: value for name, value in os.environ.items() if name != "OPENSSL_CONF"},
    )
    path, loaded = ended.stdout.split()
    assert Path(path).parent.name == "tls"
    assert loaded == "False"


def test_the_program_writes_for_its_user_alone() -> None:
    """Whatever a command creates, also through a library, is not for others."""
    code = """
import os, securechat.__main__ as program, securechat.cli.app as app
app.run = lambda: os.close(os.open("made", os.O_CREAT | os.O_WRONLY, 0o666))
program.main()
print(oct(os.stat("made").st_mode & 0o777))
"""
    ended = python(f"import os, tempfile; os.chdir(tempfile.mkdtemp())\n{code}", PYTHONPATH=str(Path.cwd()))
    assert ended.stdout == "0o600\n"


def test_an_error_in_the_program_shows_no_secrets_and_no_control_characters() -> None:
    """The traceback is there for the report, without local variables and with everything else escaped."""
    code = """
import securechat.__main__ as program, securechat.cli.app as app
def run():
    password = "pass" + "w0rd"
    raise RuntimeError("\\x1b]52;c;x\\x07 boom")
app.run = run
program.main()
"""
    ended = python(code)
    assert ended.returncode == ExitCode.ERROR
    assert "RuntimeError: \\x1b]52;c;x\\x07 boom" in ended.stderr
    assert "please report" in ended.stderr
    assert "\x1b" not in ended.stderr
    assert "passw0rd" not in ended.stderr


def test_an_interrupted_start() -> None:
    """Ctrl+C ends the program without a traceback, wherever it comes."""
    code = """
import securechat.__main__ as program, securechat.cli.app as app
def run():
    raise KeyboardInterrupt
app.run = run
program.main()
"""
    ended = python(code)
    assert (ended.returncode, ended.stderr) == (ExitCode.INTERRUPTED, "")


def test_exit_codes() -> None:
    """Scripts rely on these numbers."""
    assert {code.name: code.value for code in ExitCode} == {
        "DONE": 0,
        "ERROR": 1,
        "USAGE": 2,
        "NETWORK": 3,
        "AUTHENTICATION": 4,
        "TRUST": 5,
        "REFUSED": 6,
        "UNKNOWN_OUTCOME": 7,
        "INTERRUPTED": 130,
    }


def test_version(command: Command) -> None:
    """The version is that of the package."""
    ended = command("--version")
    assert (ended.code, ended.out) == (0, f"securechat {__version__}\n")


def test_no_command_is_a_usage_error_with_help(command: Command) -> None:
    """In a script the bare name shows what there is, and never connects."""
    ended = command()
    assert ended.code == ExitCode.USAGE
    assert "adduser" in ended.out + ended.err


def test_the_bare_name_says_how_it_begins(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal, as long as there is no profile: the few commands that matter."""
    monkeypatch.setattr(os, "isatty", lambda descriptor: True)
    ended = command()
    assert ended.code == ExitCode.USAGE
    assert "securechat connect NAME@HOST" in ended.err
    assert "securechat adduser NAME --admin" in ended.err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["connect"], "no server is known yet"),
        (["connect", "h.test", "--host", "h.test"], "name the server once"),
        (["connect", "--profile", "work"], "there is no profile 'work'"),
        (["connect", "alice@"], "is not a server's address"),
        (["connect", "alice@no host"], "is not a server's address"),
        (["send", "#ops", "hi"], "no server is known yet"),
        (["send", "#ops", "hi", "--profile", "x", "--host", "h.test"], "name the server once"),
    ],
)
def test_a_server_that_is_not_known_is_a_usage_error(
    command: Command, arguments: list[str], complaint: str
) -> None:
    """The error says what to type."""
    ended = command(*arguments)
    assert ended.code == ExitCode.USAGE
    assert complaint in " ".join(ended.err.split()).replace("│ ", "")


def test_an_error_is_one_escaped_line(command: Command, tmp_path: Path) -> None:
    """A name with control characters cannot write to the terminal."""
    ended = command("users", "--data-dir", str(tmp_path / "a\x1b[31mb\nc"))
    assert ended.code == ExitCode.ERROR
    assert "\x1b" not in ended.err
    assert ended.err.startswith("securechat: there is no data directory ")


def test_every_server_side_command_names_the_place() -> None:
    """`--config` and `--data-dir`, with their forms for the environment."""
    code = """
from securechat.cli.app import app
import typer.main
group = typer.main.get_command(app)
every = {name: group.get_command(None, name) for name in group.list_commands(None)}
client = {"connect", "history", "join", "man", "search", "send", "tail", "trust", "who"}
host = {"service"}  # which has one place on each host
def options(name, command):
    if hasattr(command, "commands"):
        for inner, each in command.commands.items():
            options(f"{name} {inner}", each)
    elif name.split()[0] not in client | host and name != "config default":
        variables = {p.envvar for p in command.params}
        print(name, {"SECURECHAT_CONFIG", "SECURECHAT_DATA_DIR"} <= variables)
for name, command in every.items():
    options(name, command)
"""
    lines = python(code).stdout.splitlines()
    assert len(lines) >= 13
    assert [line for line in lines if not line.endswith(" True")] == []
