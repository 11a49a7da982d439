"""NAMES: what is kept of it from one who asks to the next is what one would write anew."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securechat.chat.line import Line, packed
from securechat.chat.lines.channel_state import names
from securechat.chat.membership import Membership
from securechat.chat.ports import Snapshot
from securechat.chat.records import (
    ChannelModesChanged,
    FlagsChanged,
    Parted,
    RanksChanged,
    StoredAccount,
    StoredChannel,
    Topic,
)
from securechat.chat.state import applying
from securechat.chat.state.registry import Registry
from securechat.chat.state.roster import FORMS, STEP, cut, nicks, word
from securechat.chat.state.session import Session, User
from securechat.irc import capabilities as cap
from tests.playbooks.runner import FakeLink

SERVER = "chat.test"
DEV = 1


class Hall:
    """A channel, and people who come and go; the first is always there, and asks."""

    def __init__(self, people: int) -> None:
        accounts = [
            StoredAccount(one, f"account{one}", "$p$", "member", False, 0, None, {})
            for one in range(1, people)
        ]
        channel = StoredChannel(DEV, "#dev", None, 0, Topic("", "", 0), {}, {}, {})
        self.registry = Registry(SERVER, Snapshot(accounts, [channel], frozenset(), 0))
        self.channel = self.registry.channels[DEV]
        self.sessions: dict[int, Session] = {}
        self.joins = 0
        self.online(1)
        self.join(1)

    def online(self, who: int) -> None:
        """Come online, or go."""
        if who in self.sessions and who > 1:
            self.registry.detach(self.sessions.pop(who))
        elif who not in self.sessions:
            session = self.sessions[who] = Session(who, FakeLink(str(who)), "192.0.2.1")
            self.registry.attach(session, self.registry.accounts[who], who, f"nick{who}", "", 0)

    def join(self, who: int) -> None:
        """Become a member, or leave."""
        self.joins += 1
        if who in self.channel.members and who > 1:
            self.registry.remove_member(DEV, who)
        elif who not in self.channel.members:
            self.registry.add_member(DEV, who, Membership(0, self.joins, "v" if who % 3 == 0 else ""))

    def rank(self, who: int) -> None:
        """Get other ranks."""
        member = self.channel.members.get(who)
        if member is not None:
            change = RanksChanged(who, "ov" if member.ranks != "ov" else "", member.ranks)
            applying.apply(self.registry, ChannelModesChanged(9, DEV, 9, "alice", (), None, (), (change,)))

    def rename(self, who: int) -> None:
        """Be called otherwise."""
        if who in self.sessions:
            user = self.registry.users[who]
            self.registry.rename(user, user.nick + "x")

    def anew(self, form: int) -> list[str]:
        """Who is here, written down anew."""
        ranks = self.channel.ranks
        return [word(user, ranks(user.id), form) for user in self.registry.online(self.channel)]

    def told(self, form: int) -> list[str]:
        """What NAMES says."""
        self.sessions[1].caps = form
        lines = list(names(self.registry, self.sessions[1], self.channel, 0))
        return listed(lines)


happenings = st.lists(
    st.tuples(
        st.sampled_from(["online", "join", "rank", "rename", "ask"]),
        st.integers(1, 8),
        st.sampled_from([0, cap.MULTI_PREFIX, cap.USERHOST_IN_NAMES, FORMS]),
    ),
    max_size=30,
)


@given(happenings)
def test_the_names_are_those_who_are_here(script: list[tuple[str, int, int]]) -> None:
    """Whoever joined, left, came online, went, was renamed or ranked since the names were written."""
    hall = Hall(9)
    for kind, who, form in script:
        if kind == "ask":
            assert hall.told(form) == hall.anew(form)
        else:
            getattr(hall, kind)(who)


def test_who_joins_is_written_behind_the_others() -> None:
    """The names stay written, so a thousand who join cost a thousand names, and not half a million."""
    hall = Hall(400)
    for who in range(2, 300):
        hall.online(who)
        hall.join(who)
    hall.told(0)
    hall.online(300)
    hall.join(300)
    assert hall.channel.roster.text(0) == " ".join(hall.anew(0)).encode()


@pytest.mark.parametrize("stops_after", range(7))
@pytest.mark.parametrize("written", [False, True])
def test_changes_between_the_lines(written: bool, stops_after: int) -> None:
    """Who goes before being listed is left out, who comes meanwhile is listed, nobody is listed twice."""
    hall = Hall(400)
    for who in range(2, 390):
        hall.online(who)
        hall.join(who)
    if written:
        hall.told(0)
    hall.sessions[1].caps = 0
    lines = names(hall.registry, hall.sessions[1], hall.channel, 0)
    before = [next(lines) for _ in range(stops_after)]
    early = listed(before)
    hall.online(389)
    hall.join(388)
    hall.online(395)
    hall.join(395)
    after = list(lines)
    everybody = early + listed(after)
    assert len(everybody) == len(set(everybody))
    assert set(everybody) == {*hall.anew(0), *early}
    assert after[-1] is not None and after[-1].command == "366"


@pytest.mark.parametrize("stops_after", range(7))
@pytest.mark.parametrize("written", [False, True])
def test_who_joins_between_the_lines(written: bool, stops_after: int) -> None:
    """The names that are written go on to hold, and who joins is the last of them."""
    hall = Hall(400)
    for who in range(2, 390):
        hall.online(who)
        hall.join(who)
    if written:
        hall.told(0)
    hall.sessions[1].caps = 0
    lines = names(hall.registry, hall.sessions[1], hall.channel, 0)
    before = [next(lines) for _ in range(stops_after)]
    hall.online(395)
    hall.join(395)
    assert listed([*before, *lines]) == hall.anew(0)
    assert hall.channel.roster.text(0) == " ".join(hall.anew(0)).encode()


def listed(lines: list[Line | None]) -> list[str]:
    """The words of RPL_NAMREPLY."""
    texts = [line.text or "" for line in lines if line is not None and line.command == "353"]
    return " ".join(texts).split()


def pieces(text: bytes, room: int) -> list[str]:
    """The lines of a text."""
    found, start = [], 0
    while start < len(text):
        end = cut(text, start, room)
        found.append(text[start:end].decode())
        start = end + 1
    return found


@given(st.lists(st.text("aé@", min_size=1, max_size=12), min_size=1, max_size=40), st.integers(24, 60))
def test_cut_is_packed(words: list[str], room: int) -> None:
    """Text is cut where words would have been packed."""
    assert pieces(" ".join(words).encode(), room) == list(packed(iter(words), room))


def test_the_nicks_of_a_text() -> None:
    """Ranks and what comes behind a nick are no part of it."""
    assert list(nicks("~@alice!a@chat.test ben +zoé".encode())) == ["alice", "ben", "zoé"]


def test_a_word_without_room_is_alone() -> None:
    """It is not lost, and what follows it is not either."""
    assert pieces(b"a " + b"b" * 30 + b" c", 8) == ["a", "b" * 30, "c"]
    assert pieces(b"b" * 30, 8) == ["b" * 30]


def test_an_auditorium_hides_its_audience_at_once() -> None:
    """Who has been listed has been seen; of the rest only those with a rank are, also of who joins."""
    hall = Hall(400)
    for who in range(2, 390):
        hall.online(who)
        hall.join(who)
    hall.told(0)
    lines = names(hall.registry, hall.sessions[1], hall.channel, 0)
    early = listed([next(lines) for _ in range(2)])
    flags = FlagsChanged({"u": ""}, {})
    applying.apply(hall.registry, ChannelModesChanged(9, DEV, 9, "alice", (), flags, (), ()))
    hall.online(395)
    hall.join(395)
    late = listed(list(lines))
    assert early and late and all(one.startswith("+") for one in late)


def test_who_was_listed_is_looked_up_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the names are forgotten near the end of a long list, nobody waits until all are looked up."""
    hall = Hall(1000)
    for who in range(2, 1000):
        hall.online(who)
        hall.join(who)
    hall.told(0)
    lines = names(hall.registry, hall.sessions[1], hall.channel, 0)
    early = listed([next(lines) for _ in range(14)])
    assert len(early) > 500
    hall.rank(999)
    looked, find, most = 0, hall.registry.user, 0

    def user(nick: str) -> User | None:
        nonlocal looked
        looked += 1
        return find(nick)

    monkeypatch.setattr(hall.registry, "user", user)
    late: list[Line | None] = []
    for line in lines:
        late.append(line)
        most, looked = max(most, looked), 0
    assert 0 < most <= STEP
    assert sorted(early + listed(late)) == sorted(hall.anew(0))


@pytest.mark.parametrize("steps", range(4))
def test_somebody_is_back_in_their_place(steps: int) -> None:
    """A full disk refuses that somebody left, while the names are written: all are listed, each once."""
    hall = Hall(400)
    for who in range(2, 390):
        if who < 350:
            hall.online(who)
        hall.join(who)
    parted = Parted(999, 5, DEV, 0, "", hall.channel.members[5])
    applying.apply(hall.registry, parted)
    hall.sessions[1].caps = 0
    lines = names(hall.registry, hall.sessions[1], hall.channel, 0)
    before = [next(lines) for _ in range(steps)]
    applying.revert(hall.registry, parted)
    assert sorted(listed([*before, *lines])) == sorted(hall.anew(0)) == sorted(hall.told(0))
