"""A reader that finds nothing: what a test wants found it overrides."""

from collections.abc import Mapping, Sequence

from securechat.chat.ports import AuditEntry, Pin
from securechat.chat.reading import ChannelPlace, Place, Search, Span, Target
from securechat.chat.records import MessageSent


class EmptyReader:
    """Implements `ports.Reader`."""

    lost = False

    def trouble(self, error: Exception) -> str | None:
        return None

    def find_nonce(self, account: int, nonce: str) -> MessageSent | None:
        return None

    def message(self, key: int) -> MessageSent | None:
        return None

    def edits(self, key: int) -> Sequence[MessageSent]:
        return ()

    def changes(self, key: int, account: int) -> int:
        return 0

    def reactions(self, keys: Sequence[int]) -> Mapping[int, Mapping[str, Sequence[int]]]:
        return {}

    def pins(self, channel: int) -> Sequence[Pin]:
        return ()

    def context(self, keys: Sequence[int]) -> Sequence[MessageSent]:
        return []

    def received(self, account: int, after: int, limit: int) -> Sequence[MessageSent]:
        return []

    def undelivered(self, account: int, after: int, limit: int) -> Sequence[MessageSent]:
        return ()

    def history(self, place: Place, span: Span, *, events: bool, tombstones: bool) -> Sequence[MessageSent]:
        return ()

    def targets(
        self, account: int, channels: Sequence[ChannelPlace], span: Span, *, events: bool, tombstones: bool
    ) -> Sequence[Target]:
        return ()

    def audit(self, after: int, limit: int) -> Sequence[AuditEntry]:
        return ()

    def search(self, search: Search) -> Sequence[MessageSent]:
        return ()

    def close(self) -> None:
        pass
