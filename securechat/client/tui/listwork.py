"""Lists at the desk: what is found, what is pinned, and who is here. Each can be gone to."""

from functools import partial

from securechat.client.errors import Refused
from securechat.client.events import Person, Pin
from securechat.client.safe import safe
from securechat.client.tui.conversation import Conversation
from securechat.client.tui.entries import Post
from securechat.client.tui.finding import Finding, choices, query_of
from securechat.client.tui.language import _, n_
from securechat.client.tui.lists import Row
from securechat.client.tui.phrases import told
from securechat.client.tui.screens import Choice, Chooser
from securechat.client.tui.servers import Server
from securechat.client.tui.threadwork import ThreadWork
from securechat.client.tui.window import Misused
from securechat.client.tui.words import RANKS
from securechat.irc.names import fold


class ListWork(ThreadWork):
    """The part of the person's work that is about lists."""

    def search(self, query: str) -> None:
        """Search, and show what is found."""
        if "soju.im/search" not in self.app.chat.granted:
            raise Misused(_("This server cannot search"))
        self.need_connection()
        server = self.app.server

        def found(findings: list[Finding], refused: Refused | None) -> None:
            if refused is not None or not findings:
                self.say(told(str(refused)) if refused is not None else _("Nothing was found"))
                return
            title = n_("{} message found", "{} messages found", len(findings))
            note = _("Type to narrow it. Enter goes to the message, Esc back.")
            self.app.push_screen(Chooser(title, choices(findings), note), partial(self._go_to, server))

        self.app.chat.pages.search(query_of(query), found)

    def _go_to(self, server: Server, finding: Finding | None) -> None:
        if finding is not None:
            where, post = finding
            self.go_to((server, server.chat.place_of(where, post.sender)), post)

    def pins(self, channel: str) -> None:
        """Show what is pinned in a channel."""
        self.need_connection()
        server = self.app.server

        def chosen(msgid: str | None) -> None:
            if msgid is not None:
                self.go_to((server, server.chat.at(channel)), Post(0, "", "", msgid))

        def listed(rows: list[Row], refused: Refused | None) -> None:
            pins = [row for row in rows if isinstance(row, Pin)]
            if refused is not None or not pins:
                self.say(told(str(refused)) if refused is not None else _("Nothing is pinned here"))
                return
            shown = [Choice(_pin(pin), f"{pin.text} {pin.by}", pin.id) for pin in reversed(pins)]
            title = n_("{} pinned message", "{} pinned messages", len(pins))
            note = _("Type to narrow it. Enter goes to the message, Esc back.")
            self.app.push_screen(Chooser(f"{channel}: {title}", shown, note), chosen)

        server.chat.lists.ask(listed, "PINS", channel)

    def members(self) -> None:
        """Show who is here: names at once, ranks and who is away when the server has told them."""
        place, chat = self.app.chat.current, self.app.chat
        if not place.is_channel:
            raise Misused(_("This is no channel: name one"))
        note = _("Type to narrow it. Enter writes to somebody, Esc back.")
        here = [_member(Person(nick, "", place.name, "", "", False, False, False)) for nick in place.nicks]
        screen = Chooser(_title(place, len(here)), here, note)

        def chosen(nick: str | None) -> None:
            if nick is not None:
                self.show(nick)

        def listed(rows: list[Row], refused: Refused | None) -> None:
            people = [row for row in rows if isinstance(row, Person)]
            if people and screen.is_mounted:
                screen.offer(_title(place, len(people)), list(map(_member, sorted(people, key=_rank))))

        self.app.push_screen(screen, chosen)
        if chat.online:
            chat.lists.ask(listed, "WHO", place.name)

    def need_connection(self) -> None:
        """Raise Misused when there is none."""
        if not self.app.chat.online:
            raise Misused(_("There is no connection now: try again when it is back"))


def _pin(pin: Pin) -> str:
    return f"{pin.text}   ({_('pinned by {by}').format(by=pin.by)})"


def _title(place: Conversation, number: int) -> str:
    return f"{safe(place.name)}: {n_('{} person is here', '{} people are here', number)}"


def _rank(person: Person) -> tuple[int, str]:
    signs = "".join(RANKS)
    return min((signs.index(sign) for sign in person.ranks), default=len(signs)), fold(person.nick)


def _member(person: Person) -> Choice[str]:
    """A row: the sign of the highest rank, the name, and in words what there is to say."""
    rank = next((sign for sign in RANKS if sign in person.ranks), "")
    said = (
        *((_(RANKS[rank]),) if rank else ()),
        *((_("away"),) if person.away else ()),
        *((_("bot"),) if person.bot else ()),
        *((_("operator of the server"),) if person.operator else ()),
    )
    away = "◑" if person.away else " "
    shown = f"{rank or ' '}{away} {safe(person.nick):24} {', '.join(said)}"
    return Choice(shown.rstrip(), f"{person.nick} {' '.join(said)}", person.nick)
