"""How a command ends: the exit codes, the same for every command, and the error that carries one."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the caller of a command learns from its exit code; scripts rely on these numbers."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    NETWORK = 3
    AUTHENTICATION = 4
    TRUST = 5
    REFUSED = 6
    UNKNOWN_OUTCOME = 7
    INTERRUPTED = 130


class CommandFailed(Exception):
    """A command cannot go on: its text is the one line that the person reads, `code` what the caller gets."""

    def __init__(self, text: str, code: ExitCode = ExitCode.ERROR) -> None:
        super().__init__(text)
        self.code = code
