"""What the rows around the timeline say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from securechat.client.clock import Now
from securechat.client.safe import safe
from securechat.client.tui import sidebar, words
from securechat.client.tui.bars import Piece
from securechat.client.tui.chat import Chat
from securechat.client.tui.commands import COMMANDS
from securechat.client.tui.drawing import clock
from securechat.client.tui.entries import Delivery, Post, Thread
from securechat.client.tui.keys import ACTIONS, SELECTED
from securechat.client.tui.language import _, n_
from securechat.client.tui.phrases import told
from securechat.client.tui.places import SERVER, label
from securechat.client.tui.servers import Servers
from securechat.client.tui.settings import Settings

_MOST_NAMED: Final = 3
_WRITTEN: Final = {"pageup": "PageUp", "pagedown": "PageDown"}


def key_of(name: str, settings: Settings) -> str:
    """The key of an action, as people write it."""
    key = settings.keys.get(name, ACTIONS[name][0]).partition(",")[0]
    return "+".join(_WRITTEN.get(part, part.capitalize()) for part in key.split("+"))


def keys(settings: Settings) -> list[str]:
    """The keys that the side bar names."""
    switcher, unread = key_of("switcher", settings), key_of("next_unread", settings)
    return [
        _("{key} go to").format(key=switcher),
        _("{key} next new").format(key=unread),
        _("{key} keys").format(key=key_of("help", settings)),
    ]


def how_to_quit(settings: Settings) -> str:
    """What Ctrl+C says when there is nothing to copy."""
    return _("{key} or /quit ends the program").format(key=key_of("quit", settings))


def title(servers: Servers, now: Now, beside: bool) -> tuple[list[Piece], list[Piece]]:
    """The server and its state, where one is, and what is new elsewhere."""
    chat = servers.current.chat
    place = chat.current
    state = _state(servers)
    server = f" {safe(servers.current.name if servers.several else chat.server)} {state} "
    left: list[Piece] = []
    if beside or servers.several or place.name == SERVER:
        left.append((server.ljust(sidebar.WIDTH) if beside else server, "plain" if chat.online else "bad"))
    elif not chat.online:
        left.append((f" {state} ", "bad"))
    left.append((f" {label(place, chat.server)}", "strong"))
    if place.pins:
        left.append((f"  📌 {len(place.pins)}", "quiet"))
    if place.topic:
        left.append((f"  {safe(place.topic)}", "quiet"))
    return left, _elsewhere(servers, now)


def _state(servers: Servers) -> str:
    server = servers.current
    if server.ended:
        return f"✗ {_('ended')}"
    if not server.chat.online:
        return f"○ {_('offline')}"
    return f"● {_('online')} {sidebar.condition(server)}".rstrip()


def _elsewhere(servers: Servers, now: Now) -> list[Piece]:
    unread, mentions = servers.heard()
    pieces: list[Piece] = [(f"  {safe(servers.current.chat.me)}", "strong")]
    if unread:
        pieces.append((f"  {n_('{} new', '{} new', unread)}", "plain"))
    if mentions:
        pieces.append((f"  {mentions} @", "strong"))
    return [*pieces, (f"  {clock(now.wall)} ", "quiet")]


@dataclass(slots=True)
class Doing:
    """What the person is doing with a message: answering or changing it, speaking in its thread, or having it
    selected.
    """

    answering: Post | None = None
    changing: Post | None = None
    thread: Thread | None = None
    selecting: bool = False


def status(chat: Chat, doing: Doing, now: Now, settings: Settings) -> tuple[list[Piece], list[Piece]]:
    """What one is about to do, why the connection is lost, or who is typing."""
    waiting = _waiting(chat, key_of("first_unread", settings))
    if doing.changing is not None:
        return [
            (" " + _("You change: {text}  (Esc: not)").format(text=_said(doing.changing)), "plain")
        ], waiting
    if doing.answering is not None:
        return [
            (" " + _("You answer {text}  (Esc: not)").format(text=_said(doing.answering)), "plain")
        ], waiting
    if doing.selecting:
        offers = [f"{key} {_(text)}" for key, text in SELECTED.items()]
        # First, since the end is cut on a narrow screen.
        return [(" " + "  ".join([_("Esc back"), *offers]), "plain")], []
    if doing.thread is not None and chat.online:
        text = _("In the thread of {text}  (Esc: not)").format(text=_said(doing.thread.first))
        return [(f" {text}", "plain")], waiting
    if not chat.online and chat.offline_reason:
        text = _("No connection: {reason}. Trying again; what you write is kept.")
        return [(" " + text.format(reason=safe(told(chat.offline_reason))), "bad")], waiting
    if not chat.online:
        return [(" " + _("Connecting…"), "quiet")], waiting
    return [(_typing(chat.current.who_types(now.mono)), "quiet")], waiting


def _waiting(chat: Chat, key: str) -> list[Piece]:
    pieces: list[Piece] = []
    replies = sum(len(thread.unseen) for thread in chat.current.threads) if chat.current.folds else 0
    if replies:
        text = n_("↳ {} new reply", "↳ {} new replies", replies)
        pieces.append((f"  {text} ({key})", "strong"))
    count = sum(place.on_their_way for place in chat.conversations.values())
    if count:
        text = n_("{} message on its way", "{} messages on their way", count)
        pieces.append((f"  {text} ", "quiet"))
    return pieces


def _said(post: Post) -> str:
    return safe(words.quote(words.spoken(post)))


def _typing(who: Sequence[str]) -> str:
    names = ", ".join(safe(nick) for nick in who[:_MOST_NAMED])
    if not who:
        return ""
    if len(who) > _MOST_NAMED:
        return " " + _("{names} and others are typing…").format(names=names)
    text = _("{names} is typing…") if len(who) == 1 else _("{names} are typing…")
    return " " + text.format(names=names)


def help_lines(settings: Settings) -> list[str]:
    """The keys and commands, in a table."""
    named = [(key_of(name, settings), _(row[2])) for name, row in ACTIONS.items()]
    fixed = [
        ("Enter", _("send the draft")),
        ("Alt+Enter", _("begin another line")),
        ("Tab", _("complete a name, channel, command or :emoji")),
        ("Up", _("bring back what you have sent")),
        ("Ctrl+C", _("copy what the mouse has marked; else clear the draft")),
    ]
    selected = [(key, _(text)) for key, text in SELECTED.items()]
    commands = [(f"/{name} {_(row.arguments)}".rstrip(), _(row.help)) for name, row in COMMANDS.items()]
    states = [
        (Delivery.QUEUED.value, _("on its way, kept on disk")),
        (Delivery.STORED.value, _("the server has stored it")),
        (Delivery.REFUSED.value, _("refused; /retry sends it again")),
        ("@", _("names you")),
        ("📌", _("pinned")),
        ("↳ ▾", _("a thread, closed and open")),
        ("┊", _("a reply in an open thread")),
        ("~ & @ % +", ", ".join(map(_, words.RANKS.values()))),
        ("○ ◑ ∅", _("not online, away, muted")),
    ]
    lines: list[str] = []
    for heading, rows in (
        (_("Keys"), [*named, *fixed]),
        (_("Keys while a message is selected"), selected),
        (_("Commands"), commands),
        (_("Marks"), states),
    ):
        lines += [heading, *(f"  {left:24} {right}" for left, right in rows), ""]
    return lines
