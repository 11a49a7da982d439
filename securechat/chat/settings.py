"""What the core is told about its server; the composition root fills it from the configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from securechat.chat import shares as limits
from securechat.chat.memory import USUAL
from securechat.chat.wordfilter import WordFilter


@dataclass(frozen=True, slots=True)
class Settings:
    """Names, policies and bounds of the chat. Sizes are in bytes."""

    server_name: str
    network: str
    version: str
    nicknames: Literal["account", "free"] = "account"
    autojoin: tuple[str, ...] = ("#general",)
    history_access: Literal["all", "joined"] = "all"
    history_replay: int = 50
    icon: str = ""
    sts_days: int = 0
    on_account_removal: Literal["keep", "anonymise", "delete"] = "keep"
    motd: tuple[str, ...] = ()
    flood: bool = True
    client_tag_deny: tuple[str, ...] = ()
    """Client-only tags that are dropped, as ISUPPORT CLIENTTAGDENY writes them: `*`, `tag`, `-tag`."""
    words: WordFilter = field(default_factory=WordFilter)
    """What is done with words that are not wanted."""
    edit_window: int = 0
    """Seconds in which people may edit or redact what they said; 0 is no limit."""
    sendq: int = 1 << 20
    memory: int = USUAL
    """What waits for somebody may take so much in all (`memory`)."""
    admin: tuple[str, str, str] = ("", "", "")
    """Who runs the server: name, place or organisation, e-mail address."""
    second_factor: Literal["optional", "operators", "everybody"] = "optional"
    """Who has to have a second factor, for OPER and for a new device; who has one is asked anyway."""
    registration: Literal["closed", "invite"] = "closed"
    shares: Mapping[str, int] = field(default_factory=lambda: limits.USUAL)
    """How much one account may take, by the names of the limits (`shares`); 0 is no limit."""
    places: int = 0
    """Connections at the same time; 0 is no limit."""
    started: int = 0
    """When the server was started, in milliseconds since the epoch."""
