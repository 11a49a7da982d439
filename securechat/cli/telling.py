"""What commands tell people. Every line is made safe for a terminal here, whatever a name in it holds."""

import re
from typing import Final

import typer

_ERRNO: Final = re.compile(r"\[Errno -?\d+\] ")
"""How Python begins what the operating system says: its words follow, and the number helps nobody."""


def tell(text: str, *, out: bool = False) -> None:
    """Print one line on standard error, or on standard output if it is what was asked for (`out`)."""
    typer.echo(_safe(text if out else _ERRNO.sub("", text)), err=not out)


def begin(text: str) -> None:
    """Print the beginning of a line on standard error, behind which somebody types."""
    typer.echo(_safe(text), err=True, nl=False)


def agrees(question: str) -> bool:
    """Ask a question at the terminal until it is answered with y or n; no is the default."""
    return typer.confirm(_safe(question), err=True)


def _safe(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    from securechat.log import escape  # here, since it brings the logging with it: --help stays quick

    return escape(text)
