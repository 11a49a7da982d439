"""`securechat users import`: many accounts from a CSV file.

Theory of operation. The whole file is read and looked at first, by itself and then by the server, so that
every wrong line is named and nothing is done when there is one. Then the passwords are hashed, which takes
nearly all of the time: a dozen a second on two cores. Generated ones are on disk before an account has them.
The accounts are made in groups, between which the chat goes on; when that ends early (a full disk), those
made so far are there, and the message says which was the last.
"""

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import typer

from securechat.cli.ask import Asking
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.files import opened
from securechat.cli.place import Place
from securechat.cli.progress import Progress
from securechat.cli.table import print_json
from securechat.cli.telling import tell
from securechat.irc.text import count

if TYPE_CHECKING:
    from securechat.chat.people import NewAccount
    from securechat.config import Argon2Section

T = TypeVar("T")
COLUMNS: Final = ("name", "role", "password")
MOST_ACCOUNTS: Final = 10_000
_MOST_THREADS: Final = 4
"""That hash passwords: the chat runs on the same cores."""
_MOST_BYTES: Final = 16 << 20
_NAMED_AT_ONCE: Final = 50
"""Wrong lines that are named; of more, how many there are."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account that the file wants. `line` is where it ends, counted from 1; password "" is generated."""

    line: int
    name: str
    role: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a line."""

    line: int
    problem: str


def import_accounts(
    place: Place,
    file: Path,
    save: Path | None,
    *,
    must_change: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make the accounts of a file, or name every wrong line and do nothing. Raises CommandFailed."""
    from securechat.chat.people import NewAccount

    try:
        wanted, wrong = read_accounts(file)
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}") from error
    generated = sum(not one.password for one in wanted)
    with Asking(place) as asking:
        lines = {one.line for one in wrong}
        wrong += _wrong_for_server(asking, [one for one in wanted if one.line not in lines])
        if wrong:
            _refuse(wrong, as_json)
        if generated and save is None and not dry_run:
            raise typer.BadParameter(
                f"{count(generated, 'account')} without a password: say where they go with --save FILE"
            )
        if not dry_run:
            complete, kept = _with_passwords(wanted)
            hashed = _hash_all(complete, place.config.auth.argon2)
            new = [
                NewAccount(one.name, phc, one.role, must_change or (one.name in kept and one.role != "bot"))
                for one, phc in zip(complete, hashed, strict=True)
            ]
            with _saved(save, kept):
                _make_all(asking, new, place)
    facts = {"accounts": len(wanted), "generated": generated, "dry_run": dry_run}
    if as_json:
        print_json({**facts, "passwords": str(save) if generated and not dry_run else None})
    else:
        verb = "can be made" if dry_run else "was made" if len(wanted) == 1 else "were made"
        where = f" The passwords are in {save}." if generated and not dry_run else ""
        tell(f"{count(len(wanted), 'account')} {verb} in {place.directory}.{where}")


def read_accounts(file: Path) -> tuple[list[Wanted], list[Wrong]]:
    """Read a file; return its accounts, and the lines that are wrong by themselves. Raises CommandFailed."""
    with opened(file) as stream:
        content = stream.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise CommandFailed(f"the file has more than {_MOST_BYTES >> 20} MiB: import it in parts")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CommandFailed(f"line {line} is not in UTF-8: save the file as UTF-8") from error
    wanted: list[Wanted] = []
    wrong: list[Wrong] = []
    for line, cells in _rows(text):
        one = Wanted(
            line, cells["name"].strip(), cells["role"].strip().lower() or "member", cells["password"]
        )
        problem = _problem(one)
        if problem:
            wrong.append(Wrong(line, problem))
        wanted.append(one)
    if not wanted:
        raise CommandFailed("the file has no account: after the headings there is no line", ExitCode.REFUSED)
    if len(wanted) > MOST_ACCOUNTS:
        raise CommandFailed(f"the file has more than {MOST_ACCOUNTS} accounts: import it in parts")
    return wanted, wrong + _alike(wanted)


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Read the lines after the headings, with the number of each. Raises CommandFailed."""
    first = text.partition("\n")[0]
    delimiter = next((sign for sign in ",;\t" if sign in first), ",")
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        headings = [cell.strip().lower() for cell in next(reader, [])]
        _check_headings(headings)
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) > len(headings):
                raise CommandFailed(
                    f"line {reader.line_num} has {len(row)} cells, which are more than there are headings: "
                    "a cell with a comma in it stands in quotes",
                    ExitCode.REFUSED,
                )
            cells = dict(zip(headings, row, strict=False))
            yield reader.line_num, {column: cells.get(column, "") for column in COLUMNS}
    except csv.Error as error:
        raise CommandFailed(f"line {reader.line_num} is not CSV: {error}", ExitCode.REFUSED) from error


def _check_headings(headings: Sequence[str]) -> None:
    unknown = [heading for heading in headings if heading not in COLUMNS]
    if "name" not in headings or unknown or len(set(headings)) < len(headings):
        found = ", ".join(headings) or "nothing"
        text = f"the first line names the columns: name, and where wanted role and password. It says {found}"
        raise CommandFailed(text, ExitCode.REFUSED)


def _problem(one: Wanted) -> str:
    """Return what is wrong with an account by itself, "" for nothing."""
    from securechat.chat.records import ROLES
    from securechat.irc.names import InvalidName, check_account
    from securechat.storage.passwords import WeakPassword, check_policy

    if one.role not in ROLES:
        return f"{one.role!r} is no role: use one of {', '.join(sorted(ROLES))}"
    try:
        check_account(one.name)
        if one.password:
            check_policy(one.password)
    except (InvalidName, WeakPassword) as error:
        return str(error)
    return ""


def _alike(wanted: Sequence[Wanted]) -> list[Wrong]:
    """Return the lines whose names are, or look like, that of an earlier line."""
    from securechat.irc.names import skeleton

    first: dict[str, Wanted] = {}
    wrong: list[Wrong] = []
    for one in wanted:
        other = first.setdefault(skeleton(one.name), one)
        if other is not one:
            wrong.append(
                Wrong(one.line, f"{one.name!r} is, or looks like, {other.name!r} of line {other.line}")
            )
    return wrong


def _wrong_for_server(asking: Asking, wanted: Sequence[Wanted]) -> list[Wrong]:
    """Return the lines whose names the server cannot give to anybody."""
    from securechat.chat.people import ACCOUNTS_AT_ONCE, CheckNames

    lines = {one.name: one.line for one in wanted}
    wrong: list[Wrong] = []
    for names in _groups(list(lines), ACCOUNTS_AT_ONCE):
        for row in asking.ask(CheckNames(" ".join(names))).rows:
            wrong.append(Wrong(lines[str(row["name"])], str(row["problem"])))
    return wrong


def _groups(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _refuse(wrong: Sequence[Wrong], as_json: bool) -> None:
    """Name the wrong lines, and end. Raises CommandFailed."""
    by_line: dict[int, str] = {}
    for one in sorted(wrong, key=lambda one: one.line):
        by_line.setdefault(one.line, one.problem)
    if as_json:
        print_json({"wrong": [{"line": line, "problem": problem} for line, problem in by_line.items()]})
    lines = [f"line {line}: {problem}" for line, problem in by_line.items()]
    if len(lines) > _NAMED_AT_ONCE:
        lines[_NAMED_AT_ONCE:] = [f"and {len(lines) - _NAMED_AT_ONCE} more (--json names all)"]
    lines.append("nothing was done")
    raise CommandFailed("\n".join(lines), ExitCode.REFUSED)


def _with_passwords(wanted: Sequence[Wanted]) -> tuple[list[Wanted], dict[str, str]]:
    """Return the accounts, each with a password, and those that were generated by the names."""
    from securechat.storage.passwords import generate

    complete = [one if one.password else replace(one, password=generate()) for one in wanted]
    kept = {one.name: one.password for one, own in zip(complete, wanted, strict=True) if not own.password}
    return complete, kept


def _hash_all(wanted: Sequence[Wanted], cost: "Argon2Section") -> list[str]:
    """Return the argon2id hashes of the passwords, made by as many threads as there are cores."""
    from securechat.storage.passwords import Hasher

    hasher = Hasher(cost.time_cost, cost.memory_cost, cost.parallelism)
    cores = max(1, min(len(os.sched_getaffinity(0)), _MOST_THREADS))
    done: list[str] = []
    with ThreadPoolExecutor(cores) as pool, Progress("passwords hashed") as progress:
        try:
            for phc in pool.map(hasher.hash, [one.password for one in wanted]):
                done.append(phc)
                progress(len(done), len(wanted))
        except BaseException:  # also Ctrl+C: what waits would go on for minutes
            pool.shutdown(cancel_futures=True)
            raise
    return done


@contextmanager
def _saved(save: Path | None, passwords: Mapping[str, str]) -> Iterator[None]:
    """Have the generated passwords on disk before they are of use; take them away if nothing was made."""
    from securechat.storage.files import new_file

    if save is None or not passwords:
        yield
        return
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([("name", "password"), *passwords.items()])
    try:
        with new_file(save) as file:
            file.write(text.getvalue().encode())
    except OSError as error:
        raise CommandFailed(f"the passwords cannot be saved, so nothing was done: {error}") from error
    try:
        yield
    except _NothingMade as failed:
        save.unlink()
        raise CommandFailed(str(failed), failed.code) from failed


class _NothingMade(CommandFailed):
    """Not one of the accounts was made."""


def _make_all(asking: Asking, accounts: Sequence["NewAccount"], place: Place) -> None:
    """Make the accounts, in groups. Raises CommandFailed, and _NothingMade when none was made."""
    from securechat.chat.people import ACCOUNTS_AT_ONCE, AddAccounts

    made = 0
    with Progress("accounts made") as progress:
        for some in _groups(accounts, ACCOUNTS_AT_ONCE):
            try:
                asking.ask(AddAccounts.together(some))
            except CommandFailed as error:
                if not made and error.code is not ExitCode.UNKNOWN_OUTCOME:
                    raise _NothingMade(str(error), error.code) from error
                last = (
                    f"The last that was surely made is {accounts[made - 1].name}" if made else "Perhaps none"
                )
                of = f"{made} of {count(len(accounts), 'account')}"
                text = f"{error}\n{of} were made in {place.directory}. {last}: "
                raise CommandFailed(f"{text}import the rest when that is mended", error.code) from error
            made += len(some)
            progress(made, len(accounts))
