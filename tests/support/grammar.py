"""Lines for `world` by chance and by grammar: every command, with parameters as big as they can be.

`Grammar.lines` is what one session sends at once, mostly one line. The same seed makes the same lines. `brim`
fills a world's lists up to their limits first, and `mend` repairs what lines have destroyed: who was thrown
out comes again.
"""

import random
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from securechat.chat.commands import COMMANDS
from securechat.chat.modes import MODES
from securechat.chat.records import Ban
from securechat.chat.requests import OPERATIONS
from securechat.chat.rules.ban_requests import MAX_BANS, MAX_MASKS
from securechat.chat.service import COMMANDS as SERVICE
from securechat.chat.state.bans import MASK, NETWORK
from securechat.irc import capabilities, msgid
from tests.support.costly_lines import LINE, costly, fitting
from tests.support.world import (
    EVERY_CAP,
    FIRST_ID,
    START,
    World,
    called,
    caps_of,
    channel_name,
    mask,
    nick,
)

KEYS: Final = [f"key{one:02}".ljust(32, "k") for one in range(20)]
OWN_KEYS: Final = ["soju.im/muted", "soju.im/blocked", "soju.im/pinned"]
TIMES: Final = ["2000-01-01T00:00:00.000Z", "2023-12-01T00:00:00.000Z", "2100-01-01T00:00:00.000Z", "x", "*"]
LETTERS: Final = "".join(MODES) + "qaohvzX"
RUINOUS: Final = frozenset({"QUIT", "ERROR", "KILL", "REHASH", "PASS", "USER", "AUTHENTICATE", "REGISTER"})
"""What ends a session, or is not for one that has logged in: it comes less often."""
NUMBERS: Final = re.compile(r"([0-9]{4})_([0-9]{2})")
"""The account and the session in what a session of the world is called."""
FULL: Final = "brim"
"""The reason of the bans that fill the list; those that lines have made are taken away by `mend`."""
Maker = Callable[[], str]


class Grammar:
    """Makes lines. `chance` decides everything."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.chance = chance
        crowd = world.crowd
        self.people = [called(one) if crowd.free else nick(one) for one in range(crowd.accounts)]
        self.channels = [channel_name(one) for one in range(crowd.channels)]
        self.own = self.channels[: crowd.own]
        self.known = [line for lines in costly(world).values() for line in lines if line[0] != "@"]
        self.words = [word for line in self.known for word in line.split(" ")[1:]]
        self.makers: Mapping[str, Callable[[], list[str]]] = self._makers()
        self.commands = [name for name in COMMANDS if name not in RUINOUS] * 20 + sorted(RUINOUS)

    def lines(self) -> list[str]:
        """What a session sends at once."""
        kind = self.chance.random()
        if kind < 0.05:
            return [self.line() for _ in range(self.chance.randint(2, 12))]
        if kind < 0.10:
            return [self.line()] * self.chance.randint(2, 12)
        if kind < 0.15:
            return self._multiline()
        if kind < 0.18:
            return self._there_and_back()
        return [self.line()]

    def line(self) -> str:
        """One line; some have tags, some are parts of lines that belong to other commands."""
        command = self.chance.choice(self.commands)
        maker = self.makers.get(command)
        if maker is None or self.chance.random() < 0.15:
            params = self.chance.choices(self.words, k=self.chance.randint(0, 4))
        else:
            params = maker()
        line = cut(" ".join([command, *params]), LINE)
        tags = self.tags() if self.chance.random() < 0.25 else ""
        return f"@{tags} {line}" if tags else line

    # Parts

    def person(self) -> str:
        """Somebody, or nobody."""
        one = self.chance.choice(self.people if self.chance.random() < 0.5 else self.people[:8])
        strange = ["nobody", "securechat", "ä\u0327é", "*", "", self.channel(), "a" * 400, one.upper()]
        return self.chance.choice(strange) if self.chance.random() < 0.2 else one

    def channel(self) -> str:
        """A channel, one that there is mostly."""
        kind = self.chance.random()
        if kind < 0.4:
            return self.channels[0]
        if kind < 0.7:
            return self.chance.choice(self.own)
        if kind < 0.9:
            return self.chance.choice(self.channels)
        strange = [f"#{self.chance.randrange(1000)}", "#ä\u0327é", "#", "#" + "x" * 300, "&local"]
        return self.chance.choice(strange)

    def many(self, maker: Maker, between: str = ",") -> str:
        """As many as a line holds, or a few; all different, or always the same."""
        first = maker()
        words = (first if self.same else maker() for _ in range(self.chance.choice([1, 2, 20, 400])))
        return fitting("", list(words), between=between) or first

    @property
    def same(self) -> bool:
        """Whether a list has the same thing again and again."""
        return self.chance.random() < 0.1

    def mask(self) -> str:
        """A mask that costs as much as it can, or matches everybody."""
        chance = self.chance
        pieces = chance.choices(["*", "?", "*?", "*x", "u", "!", "@", "ä", "$a:", "$m:", "x"], k=40)
        masks = ["*", "*" * 200, "*?" * 100, "*x" * 20, "*!*@*", f"$a:{self.person()}", "".join(pieces)]
        return chance.choice([*masks, mask(chance.randrange(100)), f"$m:{mask(1)}"])

    def text(self) -> str:
        """What stands after a colon."""
        texts = ["", "x", "x " * 200, "ä" * 200, "\x0304\x02" * 100, "\x01ACTION x\x01", "€\u200b" * 80]
        return f":{self.chance.choice(texts)}"

    def tags(self) -> str:
        """Tags as a client sends them, up to as many as there may be."""
        edit, key = capabilities.EDIT_TAG, self.id()
        one = ["label=x", f"+draft/reply={key}", "+draft/react=x", "+typing=active", f"{edit}={key}"]
        one += [f"{capabilities.NONCE_TAG}=n{self.chance.randrange(50)}", "label=" + "l" * 500, "batch=1"]
        some = self.chance.sample(one, self.chance.randint(1, 3))
        more = self.chance.choice([0, 0, 1, 60])
        filled = [f"+{number}={'x' * (3000 // max(more, 1))}" for number in range(more)]
        return cut(";".join([*some, *filled]), 4000)

    def id(self) -> str:
        """The id of a message, of some time."""
        return msgid.encode(FIRST_ID + self.chance.choice([0, 1, 500, 1 << 40]))

    def key(self) -> str:
        """A key of METADATA."""
        return self.chance.choice([*KEYS, *OWN_KEYS, "x", "K" * 40, "*"])

    def number(self) -> str:
        return self.chance.choice(["0", "1", "50", "1000", "999999999999", "-1", "x"])

    def selector(self) -> str:
        return self.chance.choice([f"msgid={self.id()}", f"timestamp={self.chance.choice(TIMES)}", "*"])

    def target(self) -> str:
        """A channel or a person; with a prefix for those with a rank."""
        prefix = self.chance.choice(["", "", "", "@", "~", "+"])
        return prefix + self.channel() if self.chance.random() < 0.6 else self.person()

    def modes(self) -> list[str]:
        """Changes of modes with their arguments."""
        signs = self.chance.choice([1, 12, 200])
        letters = "".join(self.chance.choice("+-") + self.chance.choice(LETTERS) for _ in range(signs))
        kinds: list[Maker] = [self.mask, self.person, self.channel, self.number]
        return [letters, *(self.chance.choice(kinds)() for _ in range(self.chance.choice([0, 1, 12])))]

    def condition(self) -> str:
        """One of LIST, or of WHO."""
        chosen = self.chance.choice(["<", ">", "C<", "C>", "T<", "T>"]) + self.number()
        return self.chance.choice([chosen, f"!{self.mask()}", self.mask(), self.channel()])

    def network(self) -> str:
        """An address or a network; none that the people of the world are in."""
        one, two = self.chance.randrange(256), self.chance.randrange(256)
        length = self.chance.choice(["", "/32", "/24", "/16", "/8", "/0", "/129", "/x"])
        kinds = [f"10.{one}.{two}.0{length}", f"2001:db9:{one:x}::{length}", "127.0.0.1", "::1", "1.2.3"]
        return self.chance.choice(kinds)

    def target_of_ban(self) -> str:
        """Whom a ban is for."""
        return self.chance.choice([self.person, self.mask, self.network])()

    def duration(self) -> str:
        """How long something holds, or what looks like that."""
        return self.chance.choice(["1s", "30m", "12h", "7d", "1d12h", "9999999d", "60", "0", "-", "x"])

    def maybe(self, maker: Maker) -> list[str]:
        """Something, or nothing."""
        return [maker()] if self.chance.random() < 0.6 else []

    # Commands

    def _makers(self) -> dict[str, Callable[[], list[str]]]:
        """The parameters of each command; one that is not here gets parts of other commands' lines."""
        talk: Callable[[], list[str]] = lambda: [self.many(self.target), self.text()]  # noqa: E731
        names: Callable[[], list[str]] = lambda: [self.many(self.person, " ")]  # noqa: E731
        return {
            "PRIVMSG": lambda: self._service() if self.chance.random() < 0.2 else talk(),
            "NOTICE": talk,
            "TAGMSG": lambda: [self.many(self.target)],
            "JOIN": lambda: [self.many(self.channel), *self.chance.choice([[], ["k,k,k"]])],
            "PART": lambda: [self.many(self.channel) if self.chance.random() < 0.2 else "#1", self.text()],
            "NAMES": lambda: [self.many(self.channel)],
            "LIST": lambda: [self.many(self.condition)],
            "TOPIC": lambda: [self.channel(), *self.chance.choice([[], [self.text()]])],
            "MODE": lambda: [self.target(), *self.modes()],
            "SAMODE": lambda: [self.channel(), *self.modes()],
            "KICK": lambda: [self.many(self.channel), self.many(self.person), self.text()],
            "INVITE": lambda: [self.many(self.person), self.channel()],
            "KNOCK": lambda: [self.channel(), self.text()],
            "RENAME": lambda: [self.channel(), self.channel(), self.text()],
            "WHO": lambda: [
                self.chance.choice([self.mask, self.channel, self.person])(),
                self.chance.choice(["", "o", "%tcuihsnfdlaor,1", "o%na", "%" + "c" * 300]),
            ],
            "WHOIS": lambda: [self.many(self.person)],
            "WHOWAS": lambda: [self.many(self.person), self.number()],
            "USERHOST": names,
            "USERIP": names,
            "ISON": names,
            "MONITOR": lambda: [self.chance.choice(["+", "-", "+", "C", "L", "S"]), self.many(self.person)],
            "SILENCE": lambda: [self.chance.choice(["+", "-", ""]) + self.mask()],
            "METADATA": self._metadata,
            "CHATHISTORY": self._history,
            "SEARCH": self._search,
            "REDACT": lambda: [self.target(), self.id(), self.text()],
            "PIN": lambda: [self.channel(), self.id()],
            "UNPIN": lambda: [self.channel(), self.id()],
            "PINS": lambda: [self.channel()],
            "MARKREAD": lambda: [self.target(), f"timestamp={self.chance.choice(TIMES)}"],
            "RELAYMSG": lambda: [self.channel(), f"{self.person()}/x", self.text()],
            "AWAY": lambda: self.chance.choice([[], [self.text()], ["*"]]),
            "SETNAME": lambda: [self.text()],
            "NICK": lambda: [self.chance.choice([self.people[0], self.people[0].upper(), self.person()])],
            "SANICK": lambda: [self.person(), self.person()],
            "SAJOIN": lambda: [self.person(), self.channel()],
            "SAPART": lambda: [self.person(), self.channel(), self.text()],
            "KILL": lambda: [self.chance.choice(self.people), self.text()],
            "OPER": lambda: [nick(0), "secret"],
            "UBAN": self._uban,
            "KLINE": lambda: [
                *self.maybe(self.duration),
                self.many(self.target_of_ban),
                *self.maybe(self.text),
            ],
            "DLINE": lambda: [*self.maybe(self.duration), self.many(self.network), *self.maybe(self.text)],
            "UNKLINE": lambda: [self.many(self.target_of_ban)],
            "UNDLINE": lambda: [self.many(self.network)],
            "DEVICE": self._device,
            "WALLOPS": lambda: [self.text()],
            "CAP": self._capabilities,
            "HELP": lambda: [self.chance.choice([*COMMANDS, "CMODE", "*", ""])],
            "STATS": lambda: [self.chance.choice("uoxr"), "*" * 400],
            "PING": lambda: [self.text()],
            "BATCH": lambda: [self.chance.choice(["+1", "-1"]), "draft/multiline", self.target()],
        }

    def _metadata(self) -> list[str]:
        what = self.chance.choice(["GET", "LIST", "SET", "CLEAR", "SUB", "UNSUB", "SUBS", "SYNC"])
        target = self.chance.choice(["*", self.channel(), self.person()])
        value = [f":{'w' * 250}"] if what == "SET" and self.chance.random() < 0.7 else []
        return [target, what, self.many(self.key, " ") if what != "SET" else self.key(), *value]

    def _history(self) -> list[str]:
        what = self.chance.choice(["LATEST", "BEFORE", "AFTER", "AROUND", "BETWEEN", "TARGETS"])
        target = [self.target()] if what != "TARGETS" else []
        both = [self.selector()] if what in ("BETWEEN", "TARGETS") else []
        return [what, *target, self.selector(), *both, self.chance.choice(["1000", self.number()])]

    def _search(self) -> list[str]:
        name = self.chance.choice(["text", "from", "in", "after", "before", "limit"])
        value = self.chance.choice([self.person(), self.channel(), "m*", '"m\\sm"', "a\\s" * 100, "200"])
        return [f"text=m;{name}={value}"]

    def _capabilities(self) -> list[str]:
        sign = self.chance.choice(["", "-"])
        some = self.chance.sample(EVERY_CAP, 5)
        return self.chance.choice([["LS", "302"], ["LIST"], ["REQ", ":" + " ".join(sign + c for c in some)]])

    def _service(self) -> list[str]:
        """A command of the pseudo-user; what removes things for good is in `costly` only."""
        special = self.chance.choice([self._restraint, self._totp, self._report, None, None])
        if special is not None:
            return ["securechat", ":" + " ".join(special())]
        name = self.chance.choice([name for name in SERVICE if name != "drop"])
        words: list[str] = [self.chance.choice([self.channel(), self.person(), self.mask(), self.number()])]
        if name == "admin":
            operation = self.chance.choice([one for one in OPERATIONS if one not in ("deluser", "disable")])
            words = [operation, *words, self.person(), self.number()][: self.chance.randint(1, 4)]
        return ["securechat", ":" + " ".join([name, *words, self.person()][: self.chance.randint(1, 5)])]

    def _uban(self) -> list[str]:
        what = self.chance.choice(["ADD", "ADD", "DEL", "INFO", "LIST", "x"])
        more = [*self.maybe(self.duration), *self.maybe(self.text)] if what == "ADD" else []
        return [what, self.many(self.target_of_ban), *more]

    def _device(self) -> list[str]:
        name = self.chance.choice(["laptop", "d" * 400, "ä\u0327é", "x/y", "*"])
        key = self.chance.choice(["A" * 400, "A" * 121 + "===", "x", "*"])
        return self.chance.choice([["KEY", name, key], ["KEY", name, key, self.number()], ["RENEW"], ["KEY"]])

    def _restraint(self) -> list[str]:
        """A ban or a mute of a channel, for a time or for ever, or the end of one."""
        what = self.chance.choice(["ban", "mute", "kickban", "unban", "unmute"])
        more = [*self.maybe(self.duration), *self.maybe(self.person)]
        whom = self.many(lambda: self.chance.choice([self.person, self.mask])())
        return [what, self.chance.choice(self.own), whom, *more]

    def _totp(self) -> list[str]:
        what = self.chance.choice(["on", "confirm", "codes", "off", ""])
        return ["totp", what, self.chance.choice(["000000", "123 456", "x" * 300, ""])]

    def _report(self) -> list[str]:
        return ["report", self.chance.choice([self.person(), self.channel(), self.id()]), self.text()[1:]]

    def _there_and_back(self) -> list[str]:
        """What changes something big, and back."""
        channel, new = self.channel(), f"#renamed{self.chance.randrange(9)}"
        some = fitting("", self.chance.sample(self.own, len(self.own)))
        person = self.person()
        pairs = [
            (f"RENAME {channel} {new} {self.text()}", f"RENAME {new} {channel}"),
            (f"PART {some} {self.text()}", f"JOIN {some}"),
            (f"SAPART {person} {channel}", f"SAJOIN {person} {channel}"),
            (f"SAMODE {channel} +u", f"SAMODE {channel} -u"),
            ("CAP REQ :-server-time -message-tags", "CAP REQ :server-time message-tags"),
            (f"KICK {channel} {self.many(self.person)}", "PING x"),
        ]
        return list(self.chance.choice(pairs))

    def _multiline(self) -> list[str]:
        """A batch of many lines, or of many short ones."""
        target, size = self.target(), self.chance.choice([1, 100])
        lines = [f"@batch=1 PRIVMSG {target} :{'m' * size}" for _ in range(self.chance.choice([2, 99, 120]))]
        return [f"BATCH +1 draft/multiline {target}", *lines, "BATCH -1"]


def cut(line: str, size: int) -> str:
    """As much of a line as so many bytes hold, without what ends lines."""
    return line.encode()[:size].decode(errors="ignore")


def brim(world: World) -> None:
    """Fill all lists of everybody up to their limits: the first account is watched by all."""
    crowd, me, bans = world.crowd, called(0), world.core.registry.bans
    people = [called(one) if crowd.free else nick(one) for one in range(crowd.accounts)]
    world.say(me, f"OPER {nick(0)} secret")
    for name in [called(one) for one in range(1, crowd.accounts)]:
        world.say(name, *_lists(people[:100]))
    for session in range(crowd.sessions):
        world.say(called(0, session), *_lists(people[-100:]))
    if crowd.free:
        names = [channel_name(one) for one in range(crowd.own)]
        for name in list(world.peers):
            world.say(name, *[f"JOIN {channel}" for channel in names])
    for one in range(MAX_MASKS - 20):
        bans.put(Ban(MASK, mask(one), FULL, nick(0), START, 0))
    for one in range(MAX_BANS - MAX_MASKS):
        network = f"11.{one // 256}.{one % 256}.0/24"
        bans.put(Ban(NETWORK, network, FULL, nick(0), START, START + 3_000_000_000))
    for flags, number in (("u", 3), ("U", 4), ("mW 60", 5), ("i", 6), ("cC", 7)):
        world.say(me, f"MODE {channel_name(min(number, crowd.own - 1))} +{flags}")


def _lists(people: list[str]) -> Iterator[str]:
    """What fills the lists of a session."""
    for start in range(0, len(people), 14):
        yield f"MONITOR + {','.join(people[start : start + 14])}"
    for number in range(64):
        yield f"SILENCE +{mask(number)}"
    for start in range(0, len(KEYS), 12):
        yield f"METADATA * SUB {' '.join(KEYS[start : start + 12])}"
    yield f"METADATA * SUB {' '.join(OWN_KEYS)}"


def mend(world: World) -> None:
    """Let those come again who have lost their connection, and everybody be where they were."""
    crowd, bans = world.crowd, world.core.registry.bans
    for ban in [*bans.all()]:
        if ban.reason != FULL:
            bans.remove(ban)
    for name, peer in list(world.peers.items()):
        if peer.closed:
            world.go(name)
            account, session = map(int, NUMBERS.findall(name)[0])
            try:
                world.log_in(name, account, caps_of(account, session))
            except AssertionError:
                world.go(name)  # somebody has its nick
            else:
                world.say(name, *_lists([nick(one) for one in range(1, 100)]) if not account else ())
    me = called(0)
    world.say(me, f"OPER {nick(0)} secret")
    registry = world.core.registry
    its = me if crowd.free else nick(0)
    for number in range(crowd.own):
        channel, user = registry.channel(channel_name(number)), registry.user(its)
        if channel is not None and user is not None and user.id not in channel.members:
            world.say(me, f"SAJOIN {its} {channel.name}", f"SAMODE {channel.name} +q {its}")
    big = registry.channel(channel_name(0))
    for user in list(registry.users.values()):
        if big is not None and user.id not in big.members:
            world.say(me, f"SAJOIN {user.nick} {big.name}")
