"""Facts about bans from the whole server."""

from dataclasses import dataclass

from securechat.chat.records.stored import Ban


@dataclass(frozen=True, slots=True)
class BanAdded:
    """Somebody is kept out from now on; `previous` is the ban of the same target that there was."""

    ban: Ban
    previous: Ban | None = None


@dataclass(frozen=True, slots=True)
class BanRemoved:
    """A target is not kept out any more; `ban` is what kept it out."""

    ban: Ban


BanRecord = BanAdded | BanRemoved
