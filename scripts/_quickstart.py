"""Sets up what `scripts/quickstart` promises, then becomes the server.

Run by any Python ≥ 3.11, with the standard library alone. Every step looks first whether there is
anything to do, so a second run only starts the server.

Theory of operation: the process that the user started becomes the server by `exec`, so Ctrl+C, signals
and the exit code are the server's own. What to type next depends on the port that it really listens on
(`--port 0`), which it says on standard output: a forked reader passes that output on and adds those
lines. The reader ignores signals and ends when the server has closed its output, so it never ends the
server and never outlives it.
"""

import argparse
import contextlib
import json
import os
import pwd
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

ROOT: Final = Path(__file__).resolve().parent.parent
PROGRAM: Final = ROOT / ".venv/bin/securechat"
CERTS: Final = ROOT / "certs"
STATE: Final = ROOT / ".quickstart"
LISTENING: Final = re.compile(r"listening on \S+:([0-9]+)\s*")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="quickstart",
        description="Installs securechat, makes certificates and the first account, and starts the server.",
    )
    parser.add_argument("--user", metavar="NAME", help="the account to make (default: your user name)")
    parser.add_argument("--port", type=_port, metavar="N", help="0 takes a free one (default: 6697)")
    password = parser.add_mutually_exclusive_group()
    password.add_argument("--generate", action="store_true", help="make a password and print it once")
    password.add_argument("--password-stdin", action="store_true", help="read it from standard input")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port between 0 and 65535")
    return int(text)


def install() -> None:
    """Brings `.venv` up to date; the answer on standard output is only its directory, which is known."""
    environment = [sys.executable, "-E", "-s", str(ROOT / "scripts/_environment.py"), "runtime"]
    _must(environment, stdout=subprocess.DEVNULL)


def make_certificates() -> None:
    python, script = str(ROOT / ".venv/bin/python"), str(ROOT / "scripts/dev_certs.py")
    _must([python, "-I", script, "--directory", str(CERTS)], stdout=sys.stderr.fileno())


def _must(command: Sequence[str], *, stdout: int | None = None) -> None:
    """Runs `command`; when it fails, it has said why and its exit code becomes ours."""
    code = subprocess.run(command, stdout=stdout).returncode
    if code:
        sys.exit(code if code > 0 else 1)


def accounts() -> list[str]:
    """The names of the accounts that exist, oldest first."""
    command = [str(PROGRAM), "users", "--json", "--data-dir", str(STATE)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8")
    if answer.returncode:
        sys.exit(answer.returncode)
    return [row["name"] for row in json.loads(answer.stdout)]


def default_name() -> str:
    """The user's own name, with what an account name cannot hold (`john.doe`, `3com`) replaced."""
    login = os.environ.get("USER", "")
    if not login:
        with contextlib.suppress(KeyError):  # some containers run under a uid without an entry
            login = pwd.getpwuid(os.geteuid()).pw_name
    name = re.sub(r"[^\w-]+", "-", login).lstrip("-0123456789")
    return name[:32] or "admin"


def account(options: argparse.Namespace) -> str:
    """The account to connect with: made now when it is asked for or when there is none."""
    existing = accounts()
    terminal = sys.stdin.isatty()
    if options.user is None and existing:
        mine = default_name()
        return mine if mine in existing else existing[0]
    name = options.user or _ask_name(terminal and not options.password_stdin)
    if name.casefold() in (other.casefold() for other in existing):
        return name
    command = [str(PROGRAM), "adduser", name, "--data-dir", str(STATE)]
    if not existing:
        command.append("--admin")
    if options.password_stdin:
        command.append("--password-stdin")
    elif options.generate or not terminal:
        command.append("--generate")
    _must(command)
    return name


def _ask_name(terminal: bool) -> str:
    if not terminal:
        return default_name()
    print(f"Name of your account [{default_name()}]: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() or default_name()


def next_steps(port: int, name: str) -> str:
    """What to type next, ready to be pasted in any directory."""
    address = f"localhost:{port}"
    connect = [str(PROGRAM), "connect", "--host", address, "--user", name, "--ca", str(CERTS / "ca.pem")]
    adduser = [str(PROGRAM), "adduser", "NAME", "--data-dir", str(STATE)]
    return (
        f"\nConnect, in another terminal:\n  {shlex.join(connect)}\n"
        f"Make an account for the next person:\n  {shlex.join(adduser)}\n\n"
    )


def become_server(options: argparse.Namespace, name: str) -> NoReturn:
    certificate = ["--cert", str(CERTS / "server.pem"), "--key", str(CERTS / "server.key")]
    command = [str(PROGRAM), "server", "--data-dir", str(STATE), *certificate]
    if options.port is not None:
        command += ["--port", str(options.port)]
    reading, writing = os.pipe()
    sys.stdout.flush()
    if os.fork() == 0:
        os.close(writing)
        pass_on(reading, name)
        os._exit(0)
    os.close(reading)
    os.dup2(writing, sys.stdout.fileno())
    os.close(writing)
    os.execv(command[0], command)


def pass_on(reading: int, name: str) -> None:
    """Copies the server's output to ours until it ends; adds the next steps when the server first listens."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    shown = False
    with open(reading, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            heard = LISTENING.fullmatch(line)
            steps = next_steps(int(heard[1]), name) if heard and not shown else ""
            shown = shown or bool(steps)
            # Whoever reads our output may have gone; the server's output must be read all the same.
            with contextlib.suppress(OSError):
                print(line, end=steps, flush=True)


def main() -> NoReturn:
    options = parse(sys.argv[1:])
    install()
    make_certificates()
    STATE.mkdir(mode=0o700, exist_ok=True)
    become_server(options, account(options))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
