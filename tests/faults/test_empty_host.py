"""docs/operations.md, "From an empty host to an invited friend", in a fresh Debian that boots with systemd.

Needs root, debootstrap, systemd-nspawn and the package indexes of Debian and Python. FAULT_SUITE is Debian's
release (trixie), FAULT_ROOT a directory with a root that debootstrap has made, to be copied instead. The root
shares the network of this machine, so port 6697 has to be free.
"""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUITE = os.environ.get("FAULT_SUITE", "trixie")
PASSWORD = "correct horse battery\n"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
CLONE = "/usr/local/src/securechat"
SECONDS = 60.0

pytestmark = pytest.mark.timeout(1800)


class Host:
    """A root with a systemd of its own. Commands in it are those that somebody would type."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._nspawn = subprocess.Popen(
            ["systemd-nspawn", "--quiet", f"--directory={root}", "--boot", "--keep-unit", "--register=no"],
            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._pid = self._find_init()
        self._until(
            "systemctl is-system-running --wait", lambda said: said.strip() in ("running", "degraded")
        )

    def run(self, command: str, text: str = "", check: bool = True) -> str:
        """Run a line of shell as root; return what it printed."""
        words = ["nsenter", f"--target={self._pid}", "-m", "-u", "-i", "-p", "-r", "-w"]
        words += ["env", "-i", "HOME=/root", "TERM=xterm"]
        words += ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        done = subprocess.run(
            [*words, "sh", "-c", command], input=text, capture_output=True, text=True, check=False
        )
        assert not check or done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def close(self) -> None:
        """Power off."""
        self.run("systemctl poweroff", check=False)
        try:
            self._nspawn.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self._nspawn.kill()
            self._nspawn.wait()

    def _find_init(self) -> int:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children").read_text().split()
            for child in children:
                if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                    return int(child)
            time.sleep(0.1)
        raise AssertionError("systemd does not start in the root")

    def _until(self, command: str, happy: Callable[[str], bool]) -> None:
        deadline = time.monotonic() + SECONDS
        while not happy(said := self.run(command, check=False)):
            assert time.monotonic() < deadline, said
            time.sleep(0.2)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """A host on which nothing is but Debian."""
    for program in ("debootstrap", "systemd-nspawn", "nsenter", "git"):
        if shutil.which(program) is None or os.geteuid() != 0:
            pytest.skip(f"{program}, as root, is not here")
    root = tmp_path / "root"
    if "FAULT_ROOT" in os.environ:
        subprocess.run(["cp", "-a", os.environ["FAULT_ROOT"], root], check=True)
    else:
        packages = "--include=systemd,systemd-sysv,dbus"
        subprocess.run(["debootstrap", packages, SUITE, root], stdout=subprocess.DEVNULL, check=True)
    shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
    with (root / "etc" / "hosts").open("a") as hosts:
        hosts.write("127.0.0.1 chat.example.org\n")
    subprocess.run(["git", "clone", "--quiet", "--bare", ROOT, root / "srv" / "repository.git"], check=True)
    host = Host(root)
    yield host
    host.close()


def test_four_commands_and_one(host: Host, report: Callable[[str], None], tmp_path: Path) -> None:
    """The server runs in its sandbox after four commands and one password; a friend is in with one more."""
    began = time.monotonic()
    host.run("apt-get update && apt-get install -y git python3-venv")
    if AUTHORITIES.exists():  # this machine may reach the indexes through a proxy of its own
        shutil.copy(AUTHORITIES, host.root / "etc/ssl/certs/ca-certificates.crt")
    host.run(f"git clone /srv/repository.git {CLONE}")
    host.run(f"{CLONE}/scripts/install --name chat.example.org --admin alice --password-stdin", text=PASSWORD)
    link = host.run("securechat invite").strip()
    ready = time.monotonic() - began
    friend = f"securechat join {link} --user bob --password-stdin"
    host.run("useradd --create-home friend")
    said = host.run(f"runuser -u friend -- {friend}", text=PASSWORD + "Hello, it is me\n")
    assert "Hello, it is me" in said + host.run("securechat export --all"), said
    score = look(host)
    report(f"empty host: invited after {ready:.0f} s, friend in; systemd-analyze security {score}")
    live_through_trouble(host)


def look(host: Host) -> str:
    """See that the server runs as it should; return what systemd says of its sandbox."""
    assert host.run("systemctl show -P User securechat.service").strip() == "securechat"
    assert {line.split()[2] for line in host.run("ls -l /var/lib/securechat").splitlines()[1:]} == {
        "securechat"
    }
    security = host.run("systemd-analyze security --no-pager securechat.service")
    found = re.search(r"exposure level for securechat.service: (\d+\.\d)", security)
    assert found is not None and float(found[1]) <= 2.0, security
    host.run("systemctl reload securechat && systemctl start securechat-backup")
    (file,) = host.run("ls /var/backups/securechat").split()
    host.run(f"securechat restore --check /var/backups/securechat/{file}")
    assert not host.run("systemctl --failed --no-legend").strip()
    denied = host.run(
        "journalctl -b --no-pager -o cat | grep -i -e 'SECCOMP' -e 'Operation not permitted' || true"
    )
    assert "securechat" not in denied, denied
    return found[1]


def live_through_trouble(host: Host) -> None:
    """The watchdog ends a server that stands still, systemd starts the next; an update is one command."""
    drop_in = "/run/systemd/system/securechat.service.d"
    host.run(f"mkdir -p {drop_in} && printf '[Service]\\nWatchdogSec=4\\n' > {drop_in}/watchdog.conf")
    host.run("systemctl daemon-reload && systemctl restart securechat")
    host.run("kill -STOP $(systemctl show -P MainPID securechat)")
    deadline = time.monotonic() + SECONDS
    while host.run("systemctl show -P NRestarts securechat").strip() == "0":
        assert time.monotonic() < deadline, "the watchdog has not noticed"
        time.sleep(0.5)
    host.run(f"git -C {CLONE} pull && {CLONE}/scripts/install")
    assert [row["name"] for row in json.loads(host.run("securechat users --json"))] == ["alice", "bob"]
