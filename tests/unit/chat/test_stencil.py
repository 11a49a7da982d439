"""What many are told of themselves is written once, and is what each would be told alone."""

from hypothesis import given
from hypothesis import strategies as st

from securechat.chat.line import Line, encode, fitting
from securechat.chat.lines import presence
from securechat.chat.lines.stencil import Stencils
from securechat.chat.records import StoredAccount
from securechat.chat.state.account import Account
from securechat.chat.state.session import BOT, ENCODING, Session, User
from securechat.irc import capabilities as cap
from tests.support.world import Owner, Peer

CAPS = (cap.ACCOUNT_TAG, cap.CHANNEL_RENAME, cap.EXTENDED_JOIN, cap.MESSAGE_TAGS, cap.SERVER_TIME)
NAMES = st.text("aé%(s)b$\\", min_size=1, max_size=32)


@st.composite
def users(draw: st.DrawFn) -> User:
    """Somebody with some sessions that know some capabilities."""
    stored = StoredAccount(1, draw(NAMES), None, "member", False, 0, None, {})
    user = User(1, Account(stored), draw(NAMES), "chat.test" * draw(st.integers(1, 7)), draw(NAMES) * 3, 0)
    user.set_modes(draw(st.sampled_from(["", BOT])))
    for number in range(draw(st.integers(1, 3))):
        session = Session(number, Peer(f"{number}", Owner()), "192.0.2.7")
        session.caps = sum(draw(st.sets(st.sampled_from(CAPS))))
        user.sessions.append(session)
    return user


@given(st.lists(users(), max_size=6), st.text("tü%s{}\\", max_size=250))
def test_each_is_told_what_it_would_be_told_alone(people: list[User], reason: str) -> None:
    """Whatever the names and capabilities are, also where a line is too long and is cut."""

    def write(user: User, caps: int) -> list[Line]:
        if caps & cap.CHANNEL_RENAME:
            return []
        return [user.line("PART", ("#%s",), reason, 5), presence.joined(user, "#%b", 5, 9)]

    alone = {}
    for user in people:
        for session in user.sessions:
            forms = [fitting(line, session.caps) for line in write(user, session.caps)]
            data = b"".join([encode(form, session.caps & ENCODING) for form in forms if form is not None])
            if data:
                alone[session.link] = data
    assert Stencils(write).filled(people) == alone
