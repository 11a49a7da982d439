"""Whose item the hub handles next: every account has a slice of each turn, and nobody waits for another's.

Theory of operation. Items are handled in the order in which they came, until an account has had its slice of
the turn. What else came from its sessions then waits in a line of the account's own, and the others go on.
In later turns these lines come after what is new from the others, one after the other, each for a slice. So
whoever asks for little is never behind those who ask for much, and those share what is left evenly (deficit
round robin: who took longer than a slice gives it back in the next turns, and so does whose items caused
effects that took long). What is new may take half of a turn when lines wait, so neither keeps the other out.

An item of a session never overtakes an earlier one of the same session. All who have not logged in share one
line. What comes from no session (requests of administrators, ticks) is handled in its place.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Final, cast

from securechat.chat.items import (
    Connected,
    Disconnected,
    Drained,
    Item,
    JobDone,
    Received,
    Reloaded,
    ShutDown,
)
from securechat.server.connection import Connection, Share
from securechat.server.inbox import Call, Inbox

SLICE: Final = 1 / 512
"""Seconds of a turn that an account has while others wait; an item ends, or goes on later, when they are
over. About 2 ms, and exact in binary, so that sums of it are."""
TURN: Final = 0.05
"""Seconds of handling after which a turn is committed and delivered, whatever is left of its batch."""
STRANGERS: Final = 0
"""The account of those that have none."""


class Rota:
    """Takes the items of a turn, and keeps what has to wait. The hub's thread; any thread may ask `len`.

    `handle` lets an item happen, `clock` says the time in seconds. `inbox` gets back what a turn has no time
    for, and counts what is kept here.
    """

    def __init__(
        self, inbox: Inbox, handle: Callable[[Item | Call], None], clock: Callable[[], float]
    ) -> None:
        self._inbox = inbox
        self._handle = handle
        self._clock = clock
        self.strangers = Share(STRANGERS)
        """All who have not logged in."""
        self._waiting: OrderedDict[Share, deque[tuple[Connection, Item | Call]]] = OrderedDict()
        """The lines; the one whose turn is next is the first."""
        self._number = 0
        self._at = self._slice_ends = 0.0
        self._room = 0
        self._served: list[Share] = []
        """Who could have a slice in this turn."""
        self._handled: list[Item | Call] = []

    def __len__(self) -> int:
        """How many items are kept."""
        return self._inbox.kept

    def tired(self) -> bool:
        """Whether the account whose item is being handled has had its slice."""
        return self._clock() >= self._slice_ends

    def turn(self, batch: Sequence[Item | Call], lines: int) -> Sequence[Item | Call]:
        """Handle what there is time for, new items and kept ones, about `lines` lines; return what was."""
        self._number += 1
        self._room = lines
        self._handled = []
        self._served = []
        self._at = began = self._clock()
        if self._waiting:
            self._take_new(batch, began + TURN / 2, lines // 2)
        else:
            self._take_new(batch, began + TURN, 0)
        if self._waiting:
            if not self._handled:
                self._forgive()
            self._take_kept(began + TURN)
        return self._handled

    def charge(self, seconds: float) -> None:
        """Charge those whose items the last turn handled for what followed from these, by their time."""
        total = sum([share.used for share in self._served])
        for share in self._served:
            if share.used:
                following = seconds * share.used / total
                share.left -= following
                share.charge(share.used + following, self._at)

    def _take_new(self, batch: Sequence[Item | Call], ends: float, spare: int) -> None:
        """Handle what is new until a time, or until only so many lines are left for those who wait."""
        for index, item in enumerate(batch):
            link = _link_of(item)
            if link is None:
                if type(item) is ShutDown and self._waiting:  # what came before it is still answered
                    self._inbox.put_back(batch[index:])
                    return
                self._let_happen(item, None, None)
            else:
                share = link.share
                if share is None or link.kept:
                    share = self.strangers
                if share in self._waiting or self._left(share) <= 0:
                    self._keep(share, link, item)
                    continue
                self._let_happen(item, share, link)
            if self._at >= ends or self._room <= spare:
                self._inbox.put_back(batch[index + 1 :])
                return

    def _take_kept(self, ends: float) -> None:
        """Give those who wait their slices, one after the other."""
        waiting = self._waiting
        for _ in range(len(waiting)):
            share, line = next(iter(waiting.items()))
            while line and self._left(share) > 0 and self._at < ends and self._room > 0:
                link, item = line.popleft()
                self._inbox.kept -= 1
                link.kept -= share is self.strangers
                self._let_happen(item, share, link)
            if not line:
                del waiting[share]
            elif self._left(share) > 0:
                return  # the turn is over, and it is still this one's
            else:
                waiting.move_to_end(share)

    def _keep(self, share: Share, link: Connection, item: Item | Call) -> None:
        line = self._waiting.get(share)
        if line is None:
            line = self._waiting[share] = deque()
        line.append((link, item))
        self._inbox.kept += 1
        link.kept += share is self.strangers

    def _forgive(self) -> None:
        """When nobody else is there, those who wait owe time to nobody but each other: one has its slice."""
        most = max([self._left(share) for share in self._waiting])
        for share in self._waiting:
            share.left += SLICE - most

    def _left(self, share: Share) -> float:
        """Return the seconds that an account has left of its slice of this turn."""
        if share.turn != self._number:
            share.turn = self._number
            share.used = 0.0
            share.left = min(share.left, 0.0) + SLICE
            self._served.append(share)
        return share.left

    def _let_happen(self, item: Item | Call, share: Share | None, link: Connection | None) -> None:
        began = self._at
        self._slice_ends = began + (SLICE if share is None else share.left)
        self._handle(item)
        self._at = at = self._clock()
        if share is not None and link is not None:
            took = at - began
            share.used += took
            share.left -= took
            link.spent += took
        self._room -= len(item.lines) if type(item) is Received else 1
        self._handled.append(item)


def _link_of(item: Item | Call) -> Connection | None:
    """Return the connection that an item comes from, if there is one."""
    if type(item) is Received:  # most are, and to ask for several kinds takes long
        return cast(Connection, item.link)
    if isinstance(item, Connected | Disconnected | Drained | Reloaded):
        return cast(Connection, item.link)
    if isinstance(item, JobDone):
        link = item.job.link
        return link if isinstance(link, Connection) else None
    return None
