"""What the doctor has found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from securechat.app.doctor.world import World
from securechat.chat.requests import Row
from securechat.config import Config
from securechat.storage.looking import Looked

Level = Literal["error", "warning", "note"]
"""An error keeps the server from working, or puts what it keeps at risk; a warning will, or may. A note is
good to know, and nothing to mend."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, why it matters, and what mends it: a command, or what to change."""

    check: str
    level: Level
    wrong: str
    why: str
    mend: str


@dataclass(frozen=True, slots=True)
class Patient:
    """A server, running or not, as far as it could be asked.

    `running` is the row of its `status`, None where no server runs; `identity` is where it listens. `pid` is
    the process that holds the data directory, None for nobody. `looked` is what is in the database, None
    where it could not be looked at, or a running server has it.
    """

    directory: Path
    config: Config
    file: Path | None
    world: World
    option: str = ""
    """What a command line needs to be about this directory."""
    running: Row | None = None
    identity: Row = field(default_factory=dict)
    pid: int | None = None
    looked: Looked | None = None
    backup: int = 0
    """When the last backup was taken, in milliseconds since the epoch; 0 is never."""
    began: int = 0
    """When the server was first used, in the same way."""

    @property
    def now(self) -> datetime:
        """The present instant, aware."""
        return self.world.now()


Check = Callable[[Patient], Iterator[Finding]]
