"""The Containerfile, built and run: not root, a file system that cannot be written, and people who chat.

FAULT_PODMAN is the command, by default `podman`; where a machine needs more, more words. FAULT_BASE is the
image of Debian to begin with; one that cannot be pulled is made with debootstrap, by root.
"""

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.authority import free_ports
from tests.system.person import Person
from tests.system.server_process import PASSWORD, ServerProcess

ROOT = Path(__file__).parents[2]
PODMAN = shlex.split(os.environ.get("FAULT_PODMAN", "podman"))
BASE = os.environ.get("FAULT_BASE", "debian:trixie-slim")
MADE = "localhost/securechat-base:test"
IMAGE = "localhost/securechat:test"
NAME = "securechat-under-test"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
MOUNTED = "/authorities.pem"
# Lower than a machine's own: some sandboxes do not let anybody raise them.
LIMITS = ("--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096")
READ_ONLY = ("--read-only", "--cap-drop=all", "--security-opt=no-new-privileges")

pytestmark = pytest.mark.timeout(1800)


def podman(*words: str, text: str = "", check: bool = True) -> str:
    """Run podman; return its standard output."""
    done = subprocess.run([*PODMAN, *words], input=text, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, f"podman {words[0]}: {done.stdout[-500:]}{done.stderr[-2000:]}"
    return done.stdout


def base(place: Path) -> str:
    """Return an image of Debian, or skip."""
    if shutil.which(PODMAN[0]) is None:
        pytest.skip(f"{PODMAN[0]} is not installed")
    for name in (BASE, MADE):
        if subprocess.run([*PODMAN, "image", "exists", name], check=False).returncode == 0:
            return name
    if subprocess.run([*PODMAN, "pull", "--quiet", BASE], capture_output=True, check=False).returncode == 0:
        return BASE
    if shutil.which("debootstrap") is None or os.geteuid() != 0:
        pytest.skip(f"{BASE} cannot be pulled, and debootstrap, as root, is not here")
    root = place / "base"
    command = ["debootstrap", "--variant=minbase", "trixie", str(root)]
    made = subprocess.run(command, capture_output=True, check=False)
    if made.returncode != 0:
        pytest.skip("debootstrap cannot make a Debian")
    with subprocess.Popen(["tar", "-C", root, "-c", "."], stdout=subprocess.PIPE) as packed:
        subprocess.run([*PODMAN, "import", "-", MADE], stdin=packed.stdout, check=True)
    return MADE


def trusting(place: Path) -> list[str]:
    """Return the options that have pip trust whom this machine trusts: it may reach the index by a proxy.

    In a place of their own, since the package ca-certificates replaces the file that the others are in.
    """
    if not AUTHORITIES.exists():
        return []
    settings = place / "pip.conf"
    settings.write_text(f"[global]\ncert = {MOUNTED}\n")
    return ["--volume", f"{AUTHORITIES}:{MOUNTED}:ro", "--volume", f"{settings}:/etc/pip.conf:ro"]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image, of what is committed or not."""
    place = tmp_path_factory.mktemp("image")
    words = ["build", "--quiet", "--format=docker", "--network=host", *LIMITS, *trusting(place)]
    podman(*words, "--build-arg", f"BASE={base(place)}", "--tag", IMAGE, str(ROOT))
    return IMAGE


class Container(ServerProcess):
    """A server in a container, which people reach like any other."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        (self.port,) = free_ports(1)
        self.data.mkdir()

    def inside(self, *words: str, text: str = "", check: bool = True) -> str:
        """Run something in the container."""
        return podman("exec", "--interactive", NAME, *words, text=text, check=check)


@pytest.fixture
def container(image: str, tmp_path: Path) -> Iterator[Container]:
    """A container that runs, and knows alice and bob."""
    container = Container(tmp_path)
    words = ["run", "--detach", "--name", NAME, "--network=host", *READ_ONLY, *LIMITS]
    words += ["--volume", f"{NAME}:/data", image, "server", "--port", str(container.port)]
    podman("rm", "--force", NAME, check=False)
    podman("volume", "rm", "--force", NAME, check=False)
    try:
        podman(*words)
        with subprocess.Popen([*PODMAN, "logs", "--follow", NAME], stdout=subprocess.PIPE, text=True) as logs:
            assert logs.stdout is not None
            assert any("listening on" in line for line in logs.stdout), podman("logs", NAME)
            logs.terminate()
        for name in ("alice", "bob"):
            container.inside("securechat", "adduser", name, "--password-stdin", text=PASSWORD)
        container.ca.write_text(container.inside("cat", "/data/ca.pem"))
        yield container
    finally:
        podman("rm", "--force", NAME, check=False)
        podman("volume", "rm", "--force", NAME, check=False)


def test_people_chat_with_a_server_that_can_do_little(
    container: Container, report: Callable[[str], None]
) -> None:
    """It is not root, has no rights, writes to its volume only, has no compiler, and ends in order."""
    with Person(container, "alice") as alice, Person(container, "bob") as bob:
        alice.say("#general", "from a container")
        bob.hear("from a container")
    assert container.inside("id", "-u").strip() == "6697"
    for path in ("/opt/securechat/x", "/usr/x", "/etc/x", "/x"):
        assert "x" not in container.inside("sh", "-c", f"touch {path} && echo x", check=False)
    status = container.inside("cat", "/proc/1/status")
    assert "CapEff:\t0000000000000000" in status and "NoNewPrivs:\t1" in status
    tools = container.inside("sh", "-c", "command -v gcc cc make pip git || true; ls /opt/securechat/bin")
    assert not {"gcc", "cc", "make", "pip", "git"} & {Path(line).name for line in tools.split()}
    assert json.loads(container.inside("securechat", "status", "--json"))["messages"] == 1
    (healthcheck,) = json.loads(podman("inspect", IMAGE, "--format", "[{{json .HealthCheck}}]"))
    assert healthcheck["Test"] == ["CMD", "securechat", "status", "--json"]
    podman("stop", "--time", "20", NAME)
    assert podman("inspect", NAME, "--format", "{{.State.ExitCode}}").strip() == "0"
    size = int(podman("inspect", IMAGE, "--format", "{{.Size}}"))
    report(f"container: uid 6697, no rights, read-only, {size / 1e6:.0f} MB, exit code 0 after SIGTERM")
