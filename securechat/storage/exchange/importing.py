"""The lines of an export that was checked into a database, in one transaction.

Accounts and channels are found by their names and messages by their msgids, so lines that were imported
before change nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Final

from sqlalchemy import Connection, select, update

from securechat.chat.records import (
    NOBODY,
    AccountAdded,
    AccountDisabled,
    AccountRemoved,
    MessageSent,
    Silenced,
)
from securechat.chat.reserved import is_reserved
from securechat.irc import msgid
from securechat.irc.names import fold, skeleton
from securechat.irc.text import count
from securechat.irc.timestamp import parse
from securechat.storage.errors import BadExport, StorageError
from securechat.storage.exchange.checking import Contents, read
from securechat.storage.exchange.form import Account, Event, Message, Said
from securechat.storage.exchange.importing_channels import ChannelImporter
from securechat.storage.exchange.referring import References, settled
from securechat.storage.reading.visible import SAID
from securechat.storage.schema import accounts, former_names, messages
from securechat.storage.search.index import SearchIndex
from securechat.storage.writer import accounts as account_rows
from securechat.storage.writer import places as place_rows
from securechat.storage.writer.messages import REDACTED, MessageWriter

_BATCH: Final = 500


@dataclass(slots=True)
class Imported:
    """What an import did: how much is new; messages and events were `known`, or left out (`dropped`).

    `alone` are new answers and reactions to what was said elsewhere, which are not linked to it.
    """

    accounts: int = 0
    channels: int = 0
    messages: int = 0
    events: int = 0
    known: int = 0
    dropped: int = 0
    alone: int = 0


class Importer:
    """Writes what `checking.check` found through one connection.

    Accounts that are not there are made with `phc`, the hash of a password that nobody knows; with None they
    are an error. What is written is marked as imported at `now_ms`.
    """

    def __init__(
        self, connection: Connection, index: SearchIndex, contents: Contents, phc: str | None, now_ms: int
    ) -> None:
        self._connection = connection
        self._now = now_ms
        self._index = index
        self._contents = contents
        self._phc = phc
        before = connection.execute(select(former_names.c.folded, former_names.c.account))
        rows = connection.execute(select(accounts.c.folded, accounts.c.id))
        # A name that an account had before is still its own.
        self._accounts = {folded: key for folded, key in (*before, *rows)}
        self._channels = ChannelImporter(connection, contents, self._accounts)
        self._writer = MessageWriter(connection)
        self.done = Imported()

    def write(self, file: IO[bytes], progress: Callable[[int, int], None]) -> Imported:
        """Write everything that `file` has, the one that was checked.

        Raises StorageError, and then nothing of the transaction must stay.
        """
        self._add_accounts()
        self.done.channels = self._channels.add()
        references = References(self._connection)
        lines = ((number, line) for number, line in read(file) if isinstance(line, Said))
        while batch := list(islice(lines, _BATCH)):
            taken = [(number, line) for number, line in batch if not line.dropped]
            new = self._add_said(taken)
            numbers = {msgid.decode(line.msgid): number for number, line in taken}
            self.done.alone += references.settle(new, numbers)
            self.done.dropped += len(batch) - len(taken)
            done = self.done
            progress(done.messages + done.events + done.known + done.dropped, self._contents.said)
        self._channels.pin()
        return self.done

    # Accounts

    def _add_accounts(self) -> None:
        wanted = dict(self._contents.named)
        for channel in self._contents.channels.values():
            members = [member.account for member in channel.members]
            people = [channel.founder, *members, *(pin.account for pin in channel.pins)]
            wanted |= {fold(name): name for name in people if name is not None}
        wanted |= {folded: account.name for folded, account in self._contents.accounts.items()}
        missing = {folded: name for folded, name in wanted.items() if folded not in self._accounts}
        if missing and self._phc is None:
            are = f"{count(len(missing), 'account')} {'is' if len(missing) == 1 else 'are'}"
            names = ", ".join([*sorted(missing.values())[:5], *(["…"] if len(missing) > 5 else [])])
            raise StorageError(
                f"{are} not here ({names}): make them "
                "with `securechat adduser`, or let --create-accounts make them, with a password nobody knows"
            )
        queries = (select(accounts.c.name), select(former_names.c.name))
        looks = {skeleton(taken) for query in queries for taken in self._connection.scalars(query)}
        for name in missing.values():
            if skeleton(name) in looks:
                raise StorageError(f"the name {name!r} looks like that of an account that is here")
            if is_reserved(name):
                raise StorageError(f"the name {name!r} is the server's own, or looks like one of these")
            looks.add(skeleton(name))
            self._add_account(name)
        self._reserve(looks, missing)

    def _reserve(self, looks: set[str], made: Iterable[str]) -> None:
        """Let the accounts that were made keep their former names, unless somebody has them here."""
        for folded in made:
            for name in self._contents.accounts[folded].former:
                if skeleton(name) not in looks and not is_reserved(name):
                    looks.add(skeleton(name))
                    account_rows.reserve(self._connection, self._accounts[folded], name, self._now)

    def _add_account(self, name: str) -> None:
        line = self._contents.accounts.get(fold(name))
        if line is None:
            raise BadExport(f"the export names the account {name!r} and does not describe it")
        key = max(self._accounts.values(), default=0) + 1
        created = parse(line.created)
        account_rows.write(
            self._connection, AccountAdded(key, line.name, self._phc or "", self._role(line), created)
        )
        if line.removed:
            account_rows.write(self._connection, AccountRemoved(key, "", created))
        else:
            if line.disabled:
                account_rows.write(self._connection, AccountDisabled(key, created))
            for mask, since in line.silences.items():
                place_rows.write(self._connection, Silenced(key, mask, parse(since), None))
        self._accounts[fold(name)] = key
        self.done.accounts += 1

    def _role(self, line: Account) -> str:
        """A file, which may come from anywhere, makes nobody an administrator.

        There is one account at most for messages that have lost their author.
        """
        if line.role == "bot":
            return "bot"
        of_nobody = select(accounts.c.id).where(accounts.c.role == NOBODY)
        alone = line.role == NOBODY and self._connection.scalar(of_nobody) is None
        return NOBODY if alone else "member"

    # Messages and events

    def _add_said(self, lines: Sequence[tuple[int, Said]]) -> dict[int, MessageSent]:
        """Write those that are new, and return them."""
        new: dict[int, MessageSent] = {}
        for number, line in lines:
            said = self._message(line) if isinstance(line, Message) else self._event(line)
            if new.setdefault(said.id, said) != said:
                raise BadExport(f"line {number}: another message of the export has the msgid {line.msgid}")
        numbers = {msgid.decode(line.msgid): number for number, line in lines}
        m = messages.c
        query = select(m.id, m.at, m.command, m.sender, m.text, m.redacted).where(m.id.in_(new))
        for row in self._connection.execute(query):
            there = new.pop(row.id)
            same = (row.at, row.command, row.sender) == (there.at, there.command, there.sender)
            # What was redacted here stays so.
            if not same or (row.text != there.text and row.redacted is None and there.redacted is None):
                raise BadExport(
                    f"line {numbers[row.id]}: another message has the msgid {msgid.encode(row.id)} here"
                )
        if new:
            # They may be older than what is in the index already.
            with self._index.changing(list(new)):
                self._insert(list(new.values()))
        spoken = sum(row.command in SAID for row in new.values())
        self.done.messages += spoken
        self.done.events += len(new) - spoken
        self.done.known += len(lines) - len(new)
        return new

    def _insert(self, run: list[MessageSent]) -> None:
        self._writer.write_run(run)
        m = messages.c
        imported = update(messages).where(m.id.in_([message.id for message in run]))
        self._connection.execute(imported.values({m.imported: self._now}))
        for message in run:
            if message.redacted is not None:
                values = {name: getattr(message, name) for name in REDACTED}
                # Not before the redaction: one of later is this server's own.
                values["imported"] = max(self._now, message.redacted)
                self._connection.execute(update(messages).where(m.id == message.id).values(values))

    def _message(self, line: Message) -> MessageSent:
        redacted = None if line.redacted is None else parse(line.redacted)
        refers = None if line.refers is None else msgid.decode(line.refers)
        return MessageSent(
            id=msgid.decode(line.msgid),
            at=parse(line.time),
            command=line.command,
            sender=self._accounts[fold(line.sender)],
            nick=line.nick,
            channel=None if line.channel is None else self._channels.ids[fold(line.channel)],
            recipient=None if line.recipient is None else self._accounts[fold(line.recipient)],
            addressed=line.target,
            text=line.text if redacted is None else "",
            tags=settled(line.tags, refers) if redacted is None else {},
            refers=refers,
            redacted=redacted,
            redacted_by=None if line.redacted_by is None else self._accounts[fold(line.redacted_by)],
            rank=line.rank,
            redacted_id=None if line.redacted_msgid is None else msgid.decode(line.redacted_msgid),
            redacted_reason=line.redacted_reason,
        )

    def _event(self, line: Event) -> MessageSent:
        account = 0 if line.account is None else self._accounts[fold(line.account)]
        return MessageSent(
            id=msgid.decode(line.msgid),
            at=parse(line.time),
            command=line.command,
            sender=0 if line.command == "KICK" else account,
            nick=line.nick,
            channel=self._channels.ids[fold(line.channel)],
            recipient=None,
            addressed="",
            text=f"{account} {line.text}" if line.command == "KICK" else line.text,
            tags={},
        )
