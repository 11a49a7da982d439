"""Runs a playbook: a transcript that is a test of the core.

The first line of a file is a comment that names the behaviour and the section of its specification. Then come
directives and steps, one a line; `#` begins a comment.

    accounts: alice bob        accounts that exist; `admins:` and `bots:` have these roles
    admins: root               administrators' accounts
    settings: nicknames=free   settings of the core, or limits for accounts, other than the defaults
    caps: echo-message batch   capabilities that `login` asks for from here on
    login: alice bob.phone     sessions that log in; what everybody reads until then is not looked at
    connect: carol             a session that has only connected
    device: carol laptop       the same, which showed the certificate of the key `laptop`

    {code} {code+30s}          the code of an authenticator at this time, or later
    alice> JOIN #dev           what alice sends; {name} stands for what it matched before
    alice< :alice! JOIN {any}  what alice gets next; {name} matches anything, and the same thing from then on
    alice<?                    skips whatever alice got so far
    alice<.. :{any} 422 {any}  skips what alice got up to this, which she must have got
    alice! ok                  answers a password job: ok, wrong, weak, stale (ok, with a new hash), busy
    alice. Ping timeout        alice's connection is gone, for this reason
    alice. Ping timeout (90s)  and took nothing for so long
    admin> disable alice       an administrator's request; `admin< Done` or `admin< Refused CODE` answers it
    +30s                       time passes
    clock +365d, clock -1h     the wall clock jumps
    reload: sts_days=30        settings that a reload of the configuration changes
    store: full | low | ok     the disk is full, has less than its reserve, or has room again
    queries: busy | ok         queries are refused, or done at once again
    queries: slow | held       they begin only at the next `queries:`, or their results come only then
    restart, stop              the server starts anew from what is stored; with `stop` it ended in good order

Before every step that causes something, nothing may be left over that was not expected.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from pyotp import TOTP

from securechat.app.authenticators import check
from securechat.chat.clock import Now
from securechat.chat.core import Core
from securechat.chat.effects import (
    Answered,
    AwaitDrain,
    Broadcast,
    Close,
    Effect,
    HoldBack,
    Release,
    Reload,
    Send,
    SendEach,
    StartJob,
    Then,
)
from securechat.chat.items import (
    Administer,
    Connected,
    Disconnected,
    DiskSpace,
    Drained,
    Item,
    JobDone,
    Received,
    Reloaded,
    ShutDown,
    Tick,
)
from securechat.chat.jobs import (
    AuthenticatorMade,
    CertifyKey,
    CheckCode,
    CheckPassword,
    HashPassword,
    Job,
    JobRefused,
    JobResult,
    KeyCertified,
    MakeAuthenticator,
    MakeToken,
    PasswordChecked,
    PasswordHashed,
    TokenMade,
)
from securechat.chat.line import packed
from securechat.chat.people import RenameAccount, SetRole
from securechat.chat.ports import StoreUnavailable
from securechat.chat.requests import (
    OPERATIONS,
    AddAccount,
    AddDevice,
    AddInvitation,
    Answer,
    DisableAccount,
    Done,
    DropChannels,
    EnableAccount,
    EndSession,
    ListAccounts,
    ListAudit,
    ListDevices,
    ListSecondFactors,
    ListSessions,
    RemoveAccount,
    Request,
    ResetSecondFactor,
    RevokeDevice,
    SetPassword,
)
from securechat.chat.rules.invitations import digest
from securechat.chat.service.administration import read
from securechat.chat.settings import Settings
from securechat.chat.shares import USUAL
from securechat.chat.wordfilter import WordFilter
from securechat.irc.framing import Framer
from securechat.irc.sasl import chunks, encode_plain
from securechat.server.pools import query
from tests.support.scratch_store import ScratchStore

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""Of every authenticator."""
RECOVERY = ("aaaa-bbbb-cccc-0001", "aaaa-bbbb-cccc-0002")
START = 1_700_000_000_000
PASSWORDS: dict[str, JobResult] = {
    "ok": PasswordChecked(True),
    "wrong": PasswordChecked(False),
    "stale": PasswordChecked(True, "$new$"),
    "busy": JobRefused(),
}
HASHES: dict[str, JobResult] = {
    "ok": PasswordHashed("$new$"),
    "weak": PasswordHashed(None, "The password is too short"),
}


class FakeLink:
    """A link whose SendQ is a list of lines; nothing in it waits."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: list[str] = []
        self.queued = 0
        self.closed = False
        self.parked: list[str] | None = None

    def take(self, data: bytes, ahead: bool = False) -> None:
        if self.closed:
            return
        lines = self.lines if self.parked is None or ahead else self.parked
        lines += data.decode().removesuffix("\r\n").split("\r\n")

    def release(self) -> None:
        self.lines += self.parked or []
        self.parked = None


class Playbook:
    """One run of one transcript."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.settings = Settings("chat.test", "TestNet", "1.0", autojoin=())
        self.store = ScratchStore()
        self.now = Now(START, 1000.0)
        self.core = Core(self.settings, self.store.load(), self.now)
        self.links: dict[str, FakeLink] = {}
        self.framers: dict[str, Framer] = {}
        self.jobs: dict[str, Job] = {}
        self.caps = ""
        self.queries = "ok"
        self.slow: list[Job] = []
        self.held: list[JobDone] = []
        self.known: dict[str, str] = {}
        self.answers: list[str] = []
        self.next: list[Item] = []
        self.tokens = 0
        self.step = ""

    def run(self) -> None:
        """Play the file; AssertionError says at which line and what was different."""
        with self.store:
            self._run(self.path.read_text(encoding="utf-8").split("\n"))

    def _run(self, lines: list[str]) -> None:
        assert lines[0].startswith("# "), (
            "the first line says what the playbook shows, and where that is specified"
        )
        for number, line in enumerate(lines, 1):
            self.step = f"{self.path.name}:{number}: {line}"
            if line and not line.startswith("#"):
                self._line(line)
        self.step = f"{self.path.name}: the end"
        self._nothing_left()

    def _line(self, line: str) -> None:
        names = "accounts|admins|bots|caps|connect|device|login|queries|reload|settings|store"
        directive = re.fullmatch(rf"({names}): ?(.*)", line)
        step = re.fullmatch(r"([\w.-]+)(<\?|<\.\.|[<>!.])(?: (.*))?", line, re.DOTALL)
        if directive:
            self._nothing_left()
            getattr(self, f"_do_{directive[1]}")(directive[2])
        elif line in ("restart", "stop"):
            self._nothing_left()
            if line == "stop":
                self._happens(ShutDown("The server ends"))
            self.links.clear()
            self.core = Core(self.settings, self.store.load(), self.now)
        elif wait := re.fullmatch(r"\+(\d+)(s|m|h|d)", line):
            self._nothing_left()
            seconds = int(wait[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[wait[2]]
            self.now = Now(self.now.wall + seconds * 1000, self.now.mono + seconds)
            self._happens(Tick())
        elif jump := re.fullmatch(r"clock ([+-]\d+)(s|h|d)", line):
            self._nothing_left()
            seconds = int(jump[1]) * {"s": 1, "h": 3600, "d": 86400}[jump[2]]
            self.now = Now(self.now.wall + seconds * 1000, self.now.mono)
            self._happens(Tick())
        elif step:
            self._step(step[1], step[2], step[3] or "")
        else:
            raise AssertionError(f"{self.step}\n  is no step of a playbook")

    def _step(self, who: str, kind: str, text: str) -> None:
        if kind == "<":
            self._expect(who, text)
            return
        if kind == "<?":
            self.links[who].lines.clear()
            return
        if kind == "<..":
            lines = self.links[who].lines
            while lines and not re.fullmatch(self._pattern(text), lines[0]):
                lines.pop(0)
            self._expect(who, text)
            return
        self._nothing_left()
        text = re.sub(r"\{code(?:([+-]\d+)s)?\}", lambda later: self._code(int(later[1] or 0)), text)
        text = re.sub(r"\{(\w+)\}", lambda found: self.known.get(found[1], found[0]), text)
        if who == "admin":
            self._happens(Administer(1, _request(text)))
        elif kind == ">":
            text = re.sub(r"\{(\w+)\}", lambda name: self.known.get(name[1], name[0]), text)
            raw = (
                text.encode().decode("unicode_escape").encode("latin-1")
                if text.startswith("\\x")
                else text.encode()
            )
            self._send(who, raw)
        elif kind == "!":
            self._password_done(who, text)
        else:
            deaf = re.search(r" \((\d+)s\)$", text)
            taken = self.now.mono - int(deaf[1]) if deaf else None
            self._happens(Disconnected(self.links.pop(who), text, taken))

    def _code(self, later: int) -> str:
        return TOTP(SECRET).at(self.now.wall // 1000 + later)

    def _password_done(self, who: str, how: str) -> None:
        job = self.jobs.pop(who)
        hashing = isinstance(job, HashPassword) and how != "busy"
        self._happens(JobDone(job, HASHES[how] if hashing else PASSWORDS[how]))

    # Directives

    def _do_accounts(self, names: str) -> None:
        for name in names.split():
            self._happens(Administer(0, AddAccount(name, f"${name}$")))

    def _do_admins(self, names: str) -> None:
        for name in names.split():
            self._happens(Administer(0, AddAccount(name, f"${name}$", "admin")))

    def _do_bots(self, names: str) -> None:
        for name in names.split():
            self._happens(Administer(0, AddAccount(name, f"${name}$", "bot")))

    def _do_settings(self, text: str) -> None:
        self._change_settings(text)
        self.core = Core(self.settings, self.store.load(), self.now)

    def _do_reload(self, text: str) -> None:
        self._change_settings(text)
        self.core.reconfigure(self.settings)
        self._happens(Tick())

    def _change_settings(self, text: str) -> None:
        changes: dict[str, object] = {}
        for pair in text.split():
            key, value = pair.split("=", 1)
            if key in USUAL:
                shares = {**self.settings.shares, key: int(value)}
                self.settings = replace(self.settings, shares=shares)
                continue
            if key == "words":
                rules = [rule.replace("_", " ") for rule in value.split(",") if rule]
                self.settings = replace(self.settings, words=WordFilter(rules))
                continue
            old = getattr(self.settings, key)
            converted: object = value
            if isinstance(old, bool):
                converted = value == "true"
            elif isinstance(old, int):
                converted = int(value)
            elif isinstance(old, tuple):
                converted = tuple(part for part in value.split(",") if part)
            changes[key] = converted
        self.settings = replace(self.settings, **changes)  # type: ignore[arg-type]

    def _do_caps(self, text: str) -> None:
        self.caps = text

    def _do_connect(self, names: str) -> None:
        for name in names.split():
            self.links[name] = FakeLink(name)
            self.framers[name] = Framer()
            self._happens(Connected(self.links[name], "192.0.2.7"))

    def _do_device(self, text: str) -> None:
        name, key = text.split()
        self.links[name] = FakeLink(name)
        self.framers[name] = Framer()
        self._happens(Connected(self.links[name], "192.0.2.7", sha256(key.encode()).hexdigest()))

    def _do_login(self, names: str) -> None:
        for name in names.split():
            self._do_connect(name)
            account = name.split(".")[0]
            for asked in packed(iter(["sasl", *self.caps.split()]), 400):
                self._send(name, f"CAP REQ :{asked}".encode())
            self._send(name, b"AUTHENTICATE PLAIN")
            for chunk in chunks(encode_plain(account, "secret")):
                self._send(name, f"AUTHENTICATE {chunk}".encode())
            self._happens(JobDone(self.jobs.pop(name), PasswordChecked(True)))
            for line in (f"NICK {account}", f"USER {account} 0 * :{account.title()} Person", "CAP END"):
                self._send(name, line.encode())
            welcome = self.links[name].lines
            assert any(" 001 " in line for line in welcome), f"{self.step}\n  no welcome: {welcome}"
            for link in self.links.values():
                link.lines.clear()

    def _do_store(self, state: str) -> None:
        self.store.full = state == "full"
        self._happens(DiskSpace(state == "low"))

    def _do_queries(self, state: str) -> None:
        self.queries = state
        slow, self.slow = self.slow, []
        for job in slow:
            self._start(job)
        held, self.held = self.held, []
        for done in held:
            self._happens(done)

    # The wire

    def _send(self, who: str, line: bytes) -> None:
        self._happens(Received(self.links[who], self.framers[who].feed(line + b"\r\n")))

    def _happens(self, item: Item) -> None:
        """Do what the hub does in a turn."""
        self.core.handle(item, self.now)
        outcomes = self.core.take()
        try:
            self.store.commit([record for outcome in outcomes for record in outcome.records])
        except StoreUnavailable as problem:
            self.core.revert(outcomes, problem.shown)
        jobs: list[Job] = []
        for outcome in outcomes:
            for effect in outcome.effects:
                self._perform(effect, jobs)
        for job in jobs:
            self._start(job)
        while self.next:
            self._happens(self.next.pop(0))

    def _perform(self, effect: Effect, jobs: list[Job]) -> None:
        match effect:
            case Send(link, data, ahead):
                _fake(link).take(data, ahead)
            case SendEach(each):
                for link, line in each.items():
                    _fake(link).take(line)
            case HoldBack(link):
                _fake(link).parked = []
            case Release(link):
                _fake(link).release()
            case Broadcast(audience, encoded, skip):
                for key, links in audience.groups.items():
                    for link in links:
                        if link is not skip and key in encoded:
                            _fake(link).take(encoded[key])
            case Close(link):
                _fake(link).release()
                _fake(link).lines.append("(closed)")
                _fake(link).closed = True
            case StartJob(job):
                jobs.append(job)
            case AwaitDrain(link) if not _fake(link).queued:
                self.next.append(Drained(link))
            case Reload(link):
                rows: list[Mapping[str, str | int | bool | None]] = [
                    {"key": "server.motd", "applied": True},
                    {"key": "server.port", "applied": False},
                ]
                self.next.append(Reloaded(link, Done(rows)))
            case Then(item):
                self.next.append(item)
            case Answered(ticket, answer) if ticket:
                self.answers.append(_shown(answer))
            case _:
                pass

    def _start(self, job: Job) -> None:
        result: JobResult
        match job:
            case MakeToken():
                self.tokens += 1
                result = TokenMade(f"sct_{self.tokens:052}")
            case CertifyKey():
                key = job.key.decode()
                problem = "" if key.isalpha() else "this is no key"
                result = KeyCertified(
                    f"the certificate of {key}".encode(), sha256(job.key).hexdigest(), problem
                )
            case MakeAuthenticator():
                result = AuthenticatorMade(SECRET, f"otpauth://totp/{job.issuer}:{job.account}", RECOVERY)
            case CheckCode():
                result = check(job.secret, job.code, job.at)
            case CheckPassword() | HashPassword():
                self.jobs[_fake(job.link).name] = job
                return
            case _ if self.queries == "slow":
                self.slow.append(job)
                return
            case _:
                result = JobRefused() if self.queries == "busy" else query(self.store.reader, job)
        if self.queries == "held":
            self.held.append(JobDone(job, result))
        else:
            self._happens(JobDone(job, result))

    # What must come

    def _expect(self, who: str, text: str) -> None:
        lines = self.answers if who == "admin" else self.links[who].lines
        got = lines.pop(0) if lines else "(nothing)"
        match = re.fullmatch(self._pattern(text), got)
        assert match, f"{self.step}\n  expected {text}\n  got      {got}" + "".join(
            f"\n  then     {x}" for x in lines
        )
        self.known |= match.groupdict()

    def _pattern(self, text: str) -> str:
        pattern, seen = "", set()
        for part in re.split(r"(\{\w+\})", text):
            name = part[1:-1]
            if not re.fullmatch(r"\{\w+\}", part):
                pattern += re.escape(part)
            elif name == "any":
                pattern += ".*?"
            elif name in self.known:
                pattern += re.escape(self.known[name])
            else:
                pattern += f"(?P={name})" if name in seen else f"(?P<{name}>[^ ;]+)"
                seen.add(name)
        return pattern

    def _nothing_left(self) -> None:
        left = [f"\n  {name}< {line}" for name, link in self.links.items() for line in link.lines]
        left += [f"\n  admin< {answer}" for answer in self.answers]
        assert not left, f"{self.step}\n  before this, nobody expected{''.join(left)}"


def _fake(link: object) -> FakeLink:
    assert isinstance(link, FakeLink)
    return link


def _shown(answer: Answer) -> str:
    if isinstance(answer, Done):
        return " ".join(["Done", *map(_shown_row, answer.rows)])
    return f"Refused {answer.code}"


def _shown_row(row: Mapping[str, str | int | bool | None]) -> str:
    if "action" in row:
        words = [row["id"], row["actor"], row["origin"], row["action"], row["target"], row["detail"]]
        return f"[{' '.join(str(word) for word in words).rstrip()}]"
    if "device" in row:
        words = [
            row["account"],
            row["device"],
            row["kind"],
            row["sessions"],
            "expired" if row["expired"] else "",
        ]
        return f"[{' '.join(str(word) for word in words).rstrip()}]"
    if "subject" in row:
        return f"[{row['id']} {row['subject']} {'closed' if row['closed'] else 'open'}]"
    if "mask" in row:
        return f"[{row['channel']} {row['kind']} {row['mask']} {row['reason']}]"
    if "target" in row:
        return f"[{row['target']} {row['expires'] or 'ever'} {row['reason']}]"
    if "recovery_codes" in row:
        return f"[{row['account']} {row['recovery_codes']}]"
    if "since" in row:
        return f"{row['account']}@{row['name']}:{row['id']}:{row['address']}"
    if "ended" in row:
        return f"[{row['ended']} sessions]"
    return f"{row['name']}:{row['sessions']}" if "sessions" in row else f"[{row['name']}]"


def _request(text: str) -> Request:
    operation, *names = text.split()
    match operation:
        case "adduser":
            return AddAccount(names[0], "$new$")
        case "passwd":
            return SetPassword(names[0], "$new$", keep_sessions="keep" in names)
        case "deluser":
            return RemoveAccount(names[0])
        case "disable":
            return DisableAccount(names[0])
        case "enable":
            return EnableAccount(names[0])
        case "invite":
            return AddInvitation(digest(names[0]), int(names[1]), int(names[2]))
        case "add-device":
            return AddDevice(names[0], names[1], sha256(names[2].encode()).hexdigest(), days=int(names[3]))
        case "devices":
            return ListDevices(*names)
        case "revoke-device":
            return RevokeDevice(*names)
        case "second-factors":
            return ListSecondFactors(*names)
        case "reset-second-factor":
            return ResetSecondFactor(names[0])
        case "sessions":
            return ListSessions(*names)
        case "end-session":
            return EndSession(names[0], int(names[1]))
        case "drop-unused":
            return DropChannels(names[0], unused=True)
        case "audit":
            return ListAudit(int(names[0]) if names else 0)
        case "rename":
            return RenameAccount(*names)
        case "role":
            return SetRole(names[0], names[1], force="force" in names)
        case "users":
            return ListAccounts()
        case _:
            request = read(OPERATIONS[operation], names)
            assert request is not None, f"{text} is no request"
            return request
