"""SEARCH: messages by words, author, place and time (soju.im/search, a vendor specification of soju).

Only in what the account may read, which `history` says for this as for CHATHISTORY.
"""

from typing import Final

from securechat.chat import limits
from securechat.chat.jobs import FetchFound, JobResult, MessagesRead
from securechat.chat.lines.history import lines_of
from securechat.chat.reading import LAST_ID, Place, Search, Span
from securechat.chat.rules.history import as_called, place_of, readable_channels
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.chat.turn.pieces import reply_batch
from securechat.chat.words import Term, terms
from securechat.irc import timestamp
from securechat.irc.message import unescape_tag_value
from securechat.irc.text import printable

BATCH: Final = "soju.im/search"
DEFAULT_LIMIT: Final = 50
ATTRIBUTES: Final = ("after", "before", "from", "in", "limit", "text")


class Unusable(Exception):
    """An attribute that cannot be used; `shown` is how it was given."""

    def __init__(self, shown: str, text: str) -> None:
        super().__init__(text)
        self.shown = shown


def search(ctx: Context) -> None:
    """SEARCH <attribute>=<value>{;<attribute>=<value>}

    Finds messages by in=<channel or nick>, from=<nick>, text=<words, "phrases", begin*>, after= and
    before=<timestamp>, and limit=<number>. In values a semicolon is written as \\: and a blank may be \\s.
    """
    try:
        wanted = read_attributes(" ".join(ctx.params))
        found = made(ctx, wanted)
    except Unusable as problem:
        ctx.fail("INVALID_PARAMS", printable(problem.shown), text=str(problem))
        return
    if found is None:
        reply_batch(ctx, BATCH, (), ())
        return
    # A search may take seconds of a query thread, and history is read by the same few.
    own = ctx.registry.sessions_of(ctx.user.account)
    if any(isinstance(session.backlog.job, FetchFound) for session in own):
        ctx.fail("INTERNAL_ERROR", text="Another search of yours is still running: try again after it")
        return

    def read(result: JobResult) -> None:
        if isinstance(result, MessagesRead):
            reply_batch(ctx, BATCH, (), lines_of(ctx.registry, as_called(ctx, result.messages)))
        else:
            text = "The search could not be run, or took too long: try again, or search for less"
            ctx.fail("INTERNAL_ERROR", text=text)

    ctx.ask(FetchFound(ctx.session.link, found), read)


def read_attributes(text: str) -> dict[str, str]:
    """Read attributes, which are written as message tags are."""
    wanted: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.strip(" ").partition("=")
        if not name:
            continue
        if name not in ATTRIBUTES:
            raise Unusable(name, f"The attributes are {', '.join(ATTRIBUTES)}")
        wanted[name] = unescape_tag_value(value)
    if not wanted.keys() - {"limit"}:
        raise Unusable("*", "Say what to search for: for example text=hello")
    return wanted


def made(ctx: Context, wanted: dict[str, str]) -> Search | None:
    """Return the search that the attributes mean; None when nothing can match it."""
    places: tuple[Place, ...] = readable_channels(ctx)
    direct = "in" not in wanted
    if "in" in wanted:
        found = place_of(ctx, wanted["in"])
        if found is None:
            raise Unusable(f"in={wanted['in']}", "There is no such channel or person for you to search in")
        places = (found[0],)
    sender = None
    if "from" in wanted:
        account = ctx.registry.account_of(wanted["from"])
        if account is None:
            return None
        sender = account.id
    return Search(ctx.user.account.id, places, direct, read_terms(wanted), sender, read_span(wanted))


def read_terms(wanted: dict[str, str]) -> tuple[Term, ...]:
    """Return what the text has to hold."""
    if "text" not in wanted:
        return ()
    found = terms(wanted["text"])
    if not found:
        raise Unusable("text", "There is no letter and no digit in the text to search for")
    return found


def read_span(wanted: dict[str, str]) -> Span:
    """Return the span: the newest before a time, or the oldest after one ("searched from that time")."""
    limit = wanted.get("limit", str(DEFAULT_LIMIT))
    if not (limit.isascii() and limit.isdigit()) or int(limit[:9]) == 0:
        raise Unusable(f"limit={limit}", "The limit is a number from 1 on")
    since = read_time("after", wanted) - 1 if "after" in wanted else None
    until = read_time("before", wanted) + 1 if "before" in wanted else None
    newest = "after" not in wanted
    return Span(-1, LAST_ID, min(int(limit[:9]), limits.MAX_FOUND), newest, since, until)


def read_time(name: str, wanted: dict[str, str]) -> int:
    """Return a point in time."""
    try:
        return timestamp.parse(wanted[name])
    except ValueError as error:
        raise Unusable(f"{name}={wanted[name]}", f"Invalid time: {error}") from None


COMMANDS = (Command("SEARCH", search, min_params=1, cost=3.0),)
