"""Sets up what `scripts/quickstart` promises, then runs the server.

Run by any Python ≥ 3.11, with the standard library alone. Every step looks first whether there is
anything to do, so a second run only starts the server.

Theory of operation: the process that the user started stays, and the server is its child. It passes the
server's output on and adds what to type next, which depends on the port that the server really listens on
(`--port 0`). It hands signals on, and its end is the server's. The server takes SIGHUP as a wish to read its
configuration again; here it says that the terminal is gone, and the server has to end with it. The server
also ends when this process is killed.
"""

import argparse
import contextlib
import ctypes
import errno
import io
import json
import os
import pwd
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

ROOT: Final = Path(__file__).resolve().parent.parent
PROGRAM: Final = ROOT / ".venv/bin/securechat"
CERTS: Final = ROOT / "certs"
STATE: Final = ROOT / ".quickstart"
PROFILES: Final = ROOT / ".venv/etc/securechat/profiles.toml"
LISTENING: Final = re.compile(r"listening on \S+:([0-9]+)\s*")
PR_SET_PDEATHSIG: Final = 1


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
    parser.add_argument(
        "--save-password",
        action="store_true",
        help="keep the new account's password in .quickstart/, so that connecting does not ask for it",
    )
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


def _complain(text: str) -> NoReturn:
    print(f"quickstart: {text}", file=sys.stderr)
    sys.exit(1)


def check_address(port: int | None) -> None:
    """Finds out before anything is asked whether the server will be able to listen."""
    running = [str(PROGRAM), "status", "--data-dir", str(STATE)]
    if not subprocess.run(running, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
        _complain(f"a server runs on {STATE} already: connect to it, or end it first (Ctrl+C where it runs)")
    show = [str(PROGRAM), "config", "show", "--json", "--data-dir", str(STATE)]
    answer = subprocess.run(show, stdout=subprocess.PIPE, encoding="utf-8")
    if answer.returncode:
        sys.exit(answer.returncode)
    server = json.loads(answer.stdout)["server"]
    wanted = server["port"] if port is None else port
    try:
        _try_to_listen(server["host"], wanted)
    except OSError as error:
        _complain(
            f"cannot listen on port {wanted}: {error.strerror}. End the program that uses it, "
            "or choose another port with --port N (0 takes a free one)"
        )


def _try_to_listen(host: str, port: int) -> None:
    """Binds what the server will bind. Raises OSError."""
    if host:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        wanted = [(family, str(address[0])) for family, _, _, _, address in found]
    else:
        wanted = [(socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")]
    for family, address in wanted:
        try:
            with socket.socket(family, socket.SOCK_STREAM) as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                sock.bind((address, port))
                sock.listen()
        except OSError as error:
            # A machine may have no IPv6; the server does without it then.
            if host or family == socket.AF_INET or error.errno in (errno.EADDRINUSE, errno.EACCES):
                raise


def accounts() -> list[str]:
    """The names of the accounts that exist, oldest first."""
    command = [str(PROGRAM), "users", "--json", "--data-dir", str(STATE)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8")
    if answer.returncode:
        sys.exit(answer.returncode)
    return [row["name"] for row in json.loads(answer.stdout)]


def make_input_readable() -> None:
    """Lets questions be asked whatever standard input is: closed is empty, what is no text is no answer."""
    if sys.stdin is None:
        sys.stdin = io.StringIO()
    elif isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")


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
    terminal = sys.stdin.isatty() and not options.password_stdin
    if options.user is None and existing:
        mine = default_name()
        return mine if mine in existing else existing[0]
    name = options.user or _ask_name(terminal)
    if name.casefold() in (other.casefold() for other in existing):
        return name
    command = [str(PROGRAM), "adduser", name, "--quiet", "--data-dir", str(STATE)]
    if not existing:
        command.append("--admin")
    if options.password_stdin:
        command.append("--password-stdin")
    elif options.generate or not terminal:
        command.append("--generate")
    asked = "--generate" not in command and terminal
    saved = options.save_password or (asked and ask_to_save(name))
    if saved:
        password_file(name).unlink(missing_ok=True)
        command += ["--save", str(password_file(name))]
    _must(command)
    where = " Its password is above and shown only now." if "--generate" in command and not saved else ""
    print(f"The account {name} was made.{where}", file=sys.stderr)
    return name


def password_file(name: str) -> Path:
    """Where the password of an account is when its owner wanted it kept; a file that others cannot read."""
    return STATE / f"{name}.password"


def ask_to_save(name: str) -> bool:
    """Ask until it is answered: whoever types the password too early must not take that for done."""
    question = f"Keep its password in {password_file(name)}, so that connecting does not ask for it? [y/N]: "
    while True:
        print(question, end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline().strip().casefold()
        if answer in ("", "n", "no", "y", "yes"):
            return answer[:1] == "y"
        print(
            "Type y or n. The password is asked for after this, and not shown while you type; one that you "
            "have typed here was shown, so choose another.",
            file=sys.stderr,
        )


def _ask_name(terminal: bool) -> str:
    if not terminal:
        return default_name()
    while True:
        print(f"Name of your account [{default_name()}]: ", end="", file=sys.stderr, flush=True)
        name = sys.stdin.readline().strip() or default_name()
        # `adduser` knows the whole rule; this is what people get wrong.
        if re.fullmatch(r"[^\W\d][\w-]*", name):
            return name
        rule = "A name holds letters, digits, - and _, no blanks, and does not begin with a digit or -."
        print(rule, file=sys.stderr)


def keep_profile(port: int, name: str) -> None:
    """Lets the program of this clone, and no other, know its server: `connect NAME@localhost` is enough."""
    values = {"host": f"localhost:{port}", "user": name, "ca": str(CERTS / "ca.pem")}
    if password_file(name).is_file():
        values["password_file"] = str(password_file(name))
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()]
    PROFILES.parent.mkdir(parents=True, exist_ok=True)
    PROFILES.touch()
    PROFILES.chmod(0o600)  # whatever the umask is: the program believes no file that others can change
    PROFILES.write_text(f"# Made by scripts/quickstart, at every start.\n[quickstart]\n{''.join(lines)}")


def next_steps(port: int, name: str) -> str:
    """What to type next, ready to be pasted in any directory."""
    keep_profile(port, name)
    address = f"localhost:{port}"
    connect = [str(PROGRAM), "connect", f"{name}@{address.removesuffix(':6697')}"]
    elsewhere = ["securechat", "connect", "--host", address, "--user", name, "--ca", str(CERTS / "ca.pem")]
    adduser = [str(PROGRAM), "adduser", "NAME", "--data-dir", str(STATE)]
    show = [str(PROGRAM), "certs", "show", "--data-dir", str(STATE)]
    return (
        f"\nConnect, in another terminal:\n  {shlex.join(connect)}\n"
        f"Make an account for the next person:\n  {shlex.join(adduser)}\n"
        f"Show the pin and the connect line for people elsewhere:\n  {shlex.join(show)}\n"
        f"With another installation on this machine:\n  {shlex.join(elsewhere)}\n\n"
    )


def run_server(options: argparse.Namespace, name: str) -> NoReturn:
    certificate = ["--cert", str(CERTS / "server.pem"), "--key", str(CERTS / "server.key")]
    command = [str(PROGRAM), "server", "--data-dir", str(STATE), *certificate]
    if options.port is not None:
        command += ["--port", str(options.port)]
    sys.stdout.flush()
    libc = ctypes.CDLL(None)
    server = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM),
    )
    hand_on_signals(server)
    assert server.stdout is not None
    pass_on(server.stdout, name)
    code = server.wait()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


def hand_on_signals(server: subprocess.Popen[str]) -> None:
    """Has signals to this process reach the server: what would end this process ends the server."""

    def hand_on(number: int, frame: FrameType | None) -> None:
        server.send_signal(signal.SIGINT if number == signal.SIGINT else signal.SIGTERM)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # What nohup had ignored stays so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, hand_on)


def pass_on(lines: Iterable[str], name: str) -> None:
    """Copies the server's output to ours until it ends; adds the next steps when the server first listens."""
    shown = False
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
    STATE.mkdir(mode=0o700, exist_ok=True)
    check_address(options.port)
    make_certificates()
    make_input_readable()
    run_server(options, account(options))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
