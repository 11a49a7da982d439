"""Other people's IRC clients in processes of their own, set up as the README says."""

import fcntl
import os
import re
import struct
import subprocess
import termios
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from threading import Condition, Thread
from typing import Self

from tests.system.server_process import DEADLINE, PASSWORD, clean_environment


def weechat_lines(
    host: str, port: int, ca: Path, *, nick: str = "guest", channels: str = "#lobby"
) -> list[str]:
    """What somebody types into WeeChat, once."""
    version = subprocess.run(["weechat-headless", "--version"], capture_output=True, text=True, check=True)
    tls = "-ssl" if int(version.stdout.split(".")[0]) < 4 else "-tls"
    return [
        f"/set weechat.network.gnutls_ca_user {ca}",
        f"/server add securechat {host}/{port} {tls}",
        "/set irc.server.securechat.sasl_mechanism plain",
        "/set irc.server.securechat.sasl_username guest",
        f"/secure set securechat {PASSWORD}",
        "/set irc.server.securechat.sasl_password ${sec.data.securechat}",
        f"/set irc.server.securechat.nicks {nick}",
        f"/set irc.server.securechat.autojoin {channels}",
        "/connect securechat",
    ]


def irssi_lines(
    host: str, port: int, ca: Path, *, nick: str = "guest", channels: str = "#lobby"
) -> list[str]:
    """What somebody types into irssi, once."""
    sasl = f'-sasl_mechanism PLAIN -sasl_username guest -sasl_password "{PASSWORD}"'
    return [
        f"/network add -nick {nick} {sasl} securechat",
        f"/server add -auto -tls -tls_verify -tls_cafile {ca} -network securechat {host} {port}",
        *(f"/channel add -auto {name} securechat" for name in channels.split(",")),
        "/connect securechat",
    ]


class WeeChat:
    """WeeChat without a screen: commands go in through its FIFO, and what it shows goes to its log."""

    def __init__(self, home: Path, lines: list[str]) -> None:
        self._home = home
        home.mkdir()
        # For the test: log at once, and do not wait between lines.
        lines = ["/set logger.file.flush_delay 0", "/set irc.server_default.anti_flood_prio_low 0", *lines]
        commands = [argument for line in lines for argument in ("-r", line)]
        self._process = subprocess.Popen(
            ["weechat-headless", "-d", str(home), *commands],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=clean_environment(home),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(DEADLINE)
        finally:
            self._process.kill()

    def type(self, buffer: str, line: str) -> None:
        """Type a line into a buffer."""
        (fifo,) = self._home.glob("weechat_fifo_*")
        fifo.write_text(f"{buffer} *{line}\n")

    def shown(self, buffer: str) -> str:
        """Return what was shown in a buffer."""
        return (self._home / "logs" / f"{buffer}.weechatlog").read_text()

    def everything(self) -> str:
        """Return what was shown anywhere."""
        return "".join(path.read_text() for path in sorted(self._home.glob("logs/*")))


class OnTerminal:
    """A program on a terminal of its own, which a thread reads."""

    def __init__(
        self, command: Sequence[str], home: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._name = command[0]
        self._screen = b""
        self._changed = Condition()
        self._ended = False
        self._terminal, inner = os.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self._process = subprocess.Popen(
            command,
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=clean_environment(home, {"TERM": "xterm", "LANG": "C.UTF-8", **(environment or {})}),
            start_new_session=True,
        )
        os.close(inner)
        self._reader = Thread(target=self._read, name=self._name)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(DEADLINE)
        finally:
            self._process.kill()
            self._reader.join()
            os.close(self._terminal)

    def type(self, line: str) -> None:
        """Type a line."""
        os.write(self._terminal, f"{line}\r".encode())

    def wait_for(self, text: str) -> None:
        """Wait until a text without blanks has appeared on the screen."""
        with self._changed:
            found = self._changed.wait_for(lambda: text in self.screen() or self._ended, DEADLINE)
            assert found and text in self.screen(), f"{self._name} shows no {text!r}: {self.screen()[-3000:]}"

    def screen(self) -> str:
        """Return all that was written to the terminal, without the control sequences."""
        return re.sub(r"\x1b[\[(][0-9;?]*[a-zA-Z]?", "", self._screen.decode(errors="replace"))

    def _read(self) -> None:
        while not self._ended:
            try:
                data = os.read(self._terminal, 65536)
            except OSError:  # nobody has the other side open any more
                data = b""
            with self._changed:
                self._screen += data
                self._ended = not data
                self._changed.notify_all()


class Irssi(OnTerminal):
    """irssi, whose commands are sent without waiting."""

    def __init__(self, home: Path) -> None:
        super().__init__(["irssi", f"--home={home}"], home)

    def set_up(self, lines: Iterable[str]) -> None:
        """Wait for the prompt and type lines."""
        self.wait_for("Irssi")
        for line in ("/set cmd_queue_speed 10msec", *lines):
            self.type(line)


class Senpai(OnTerminal):
    """senpai, which reads its configuration from a file."""

    def __init__(self, home: Path, host: str, port: int, ca: Path, nick: str, channels: str) -> None:
        home.mkdir()
        configuration = home / "senpai.scfg"
        lines = [
            f"address {host}:{port}",
            f'nickname "{nick}"',
            "username guest",
            f'password "{PASSWORD}"',
            f"channel {' '.join(quoted(name) for name in channels.split(','))}",
        ]
        configuration.write_text("\n".join(lines) + "\n")
        # It trusts what the system trusts: Go takes that from here.
        trust = {"SSL_CERT_FILE": str(ca), "SSL_CERT_DIR": str(home)}
        super().__init__(["senpai", "-config", str(configuration)], home, trust)


def quoted(word: str) -> str:
    """Write a word for senpai's configuration, where # begins a comment."""
    return f'"{word}"'
