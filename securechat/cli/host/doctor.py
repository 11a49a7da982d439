"""`securechat doctor`: what is wrong with a server, why it matters, and the command that mends it."""

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from securechat.cli.exits import ExitCode
from securechat.cli.place import ConfigOption, DataDirOption, find_place
from securechat.cli.table import JsonOption, print_json
from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.app.doctor.finding import Finding


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(doctor)


def doctor(as_json: JsonOption = False, config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Look for mistakes, and say how to mend each: clock, names, ports, permissions, limits, disk and more.

    Nothing is changed. It works with the server running and without it. The exit code is 0 when there is
    nothing to mend, 1 when there is.
    """
    from securechat.app.doctor.visit import visit

    place = find_place(config, data_dir)
    found = visit(place.directory, place.file, os.environ)
    to_mend = [finding for finding in found if finding.level != "note"]
    if as_json:
        print_json({"well": not to_mend, "findings": [asdict(finding) for finding in found]})
    else:
        _tell(found, len(to_mend))
    if to_mend:
        raise typer.Exit(ExitCode.ERROR)


def _tell(found: "Sequence[Finding]", to_mend: int) -> None:
    for finding in found:
        for first, text in (
            (f"{finding.level}: {finding.check}: ", finding.wrong),
            ("    why:  ", finding.why),
            ("    tip:  " if finding.level == "note" else "    mend: ", finding.mend),
        ):
            tell(first + text, out=True)
    words = {0: "Nothing has to be mended.", 1: "There is 1 thing to mend."}
    end = words.get(to_mend, f"There are {to_mend} things to mend.")
    notes = len(found) - to_mend
    if notes and not to_mend:
        end += " The note above is good to know." if notes == 1 else " The notes above are good to know."
    tell(end, out=True)
