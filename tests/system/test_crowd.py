"""A thousand people in one channel."""

import resource

import pytest

from tests.system.conftest import Serve
from tests.system.crowd import Crowd, Member

PEOPLE = 1000
SENDERS = 20
MESSAGES = 10

CHANNEL = b"#thousand"
_MARK = b" PRIVMSG #thousand :"


@pytest.fixture
def many_files() -> None:
    """Let this process, and the server that it starts, open two thousand files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2 * PEOPLE:
        pytest.skip(f"only {hard} files may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * PEOPLE), hard))


@pytest.mark.timeout(300)  # a thousand passwords
@pytest.mark.usefixtures("many_files")
def test_a_thousand_people_get_each_message_once_in_one_order(serve: Serve) -> None:
    """1,000 sessions join one channel; what 20 of them send reaches each once, and all in the same order."""
    names = [f"person{number}" for number in range(PEOPLE)]
    server = serve({"channels.autojoin": []}, accounts=names)
    with Crowd(server) as crowd:
        members = crowd.log_in(names, seconds=200)
        _join(crowd, members)
        heard: dict[Member, list[bytes]] = {member: [] for member in members}
        total = SENDERS * MESSAGES
        unfinished = set(members)

        def hear(member: Member, line: bytes) -> None:
            if _MARK in line:
                heard[member].append(line)
                if len(heard[member]) == total:
                    unfinished.discard(member)

        for number in range(MESSAGES):
            for sender in members[:SENDERS]:
                crowd.send(sender, b"PRIVMSG %b :%b %d\r\n" % (CHANNEL, sender.name.encode(), number))
        crowd.run(lambda: not unfinished, hear)
        crowd.sync(members, hear)  # nothing comes twice
    _check(heard, members[:SENDERS])


def _join(crowd: Crowd, members: list[Member]) -> None:
    joined: set[Member] = set()

    def look(member: Member, line: bytes) -> None:
        if b" 366 " in line:
            joined.add(member)

    for member in members:
        crowd.send(member, b"JOIN %b\r\n" % CHANNEL)
    crowd.run(lambda: len(joined) == len(members), look)
    crowd.sync(members)


def _check(heard: dict[Member, list[bytes]], senders: list[Member]) -> None:
    one_order = heard[senders[0]]
    for member, lines in heard.items():
        assert lines == one_order, f"{member.name} heard something else"
    texts = [line.partition(_MARK)[2] for line in one_order]
    for sender in senders:
        own = [text for text in texts if text.startswith(sender.name.encode() + b" ")]
        assert own == [b"%b %d" % (sender.name.encode(), number) for number in range(MESSAGES)]
    ids = [line.partition(b"msgid=")[2][:13] for line in one_order]
    assert ids == sorted(set(ids)), "the msgids are not in the order of delivery"
