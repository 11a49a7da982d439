"""Run `securechat` as on Windows, as far as that can be played here: without what only POSIX systems have.

    python -m tests.support.not_posix send '#general' hello

The libraries are loaded before, since those for Windows bring what these lack.
"""

import asyncio
import ctypes
import getpass
import logging
import multiprocessing
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import webbrowser
from types import ModuleType
from typing import Final

import typer.completion
import typer.core

LIBRARIES: Final = (
    *(
        asyncio,
        ctypes,
        getpass,
        logging,
        multiprocessing,
        shutil,
        ssl,
        subprocess,
        tempfile,
        webbrowser,
        typer,
    ),
)
MODULES: Final = ("fcntl", "termios", "resource", "pwd", "grp", "tty", "pty")
OF_OS: Final = (
    *("fork", "geteuid", "getuid", "getegid", "getgid", "fchmod", "fchown", "chown", "killpg", "setsid"),
    *("O_DIRECTORY", "O_NOCTTY", "O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK", "fpathconf", "sysconf", "uname"),
    *("sched_yield", "sched_getaffinity", "pread", "pwrite", "openpty", "ttyname", "statvfs"),
)
OF_SIGNAL: Final = ("SIGHUP", "SIGTSTP", "SIGWINCH", "SIGUSR1", "SIGUSR2", "SIGQUIT", "SIGPIPE", "SIGCONT")


def take_away() -> None:
    """Take away what only POSIX systems have, from this process; a lock of Windows locks nothing here."""
    windows = ModuleType("msvcrt")
    windows.LK_LOCK, windows.LK_NBLCK = 1, 2  # type: ignore[attr-defined]
    windows.locking = lambda descriptor, mode, number: None  # type: ignore[attr-defined]
    sys.modules["msvcrt"] = windows
    sys.modules.update(dict.fromkeys(MODULES))  # type: ignore[arg-type]
    for module, names in ((os, OF_OS), (signal, OF_SIGNAL)):
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    sys.platform = "win32"


def main() -> None:
    """Run the program with this process's arguments."""
    take_away()
    from securechat.__main__ import main as run

    run()


if __name__ == "__main__":
    main()
