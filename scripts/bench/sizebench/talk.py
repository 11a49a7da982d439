"""What was said in the large chat: every kind of message, in the order of their ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random

from scripts.bench.historybench.dataset import RARE, Speech
from securechat.chat.limits import MAX_PINS
from securechat.chat.reading import first_id_at
from securechat.chat.records import MessagePinned, MessageRedacted, MessageSent, Record
from securechat.irc import msgid
from securechat.irc.capabilities import EDIT_TAG, NONCE_TAG, REACT_TAG

from .people import BEGIN, Place, Probe, Sizes, channel_name, name_of

FEW = 20
"""Messages in each of the places that are hardly used."""
LATE = 0.005
"""The part of all messages that are reactions in one channel, or were redacted in another, in the end."""
DIRECT, BUSY, OF_SOCIAL, OF_LEAVER = 0.05, 0.1, 0.1, 0.01
REPLIES, REACTIONS, EDITS, REDACTED = 0.1, 0.15, 0.17, 0.175
"""Borders between the kinds of what refers to an earlier message; what is above the last is nothing such."""
_REPLY_TAG = "+draft/reply"


class Talk:
    """Makes messages, the same ones each time."""

    def __init__(self, sizes: Sizes, seed: int = 1) -> None:
        self._sizes = sizes
        self._random = Random(seed)
        self._speech = Speech(self._random)
        self._last: dict[int, MessageSent] = {}
        """What was said last in each channel, by its id."""
        self._pinned = Counter[int]()
        self._rare = {sizes.messages * part // 10 for part in range(10)}

    def records(self) -> Iterator[Record]:
        """Return everything that was said, with what was done to it."""
        total = self._sizes.messages
        reacted, redacted = int(total * (1 - 2 * LATE)), int(total * (1 - LATE))
        for number in range(total):
            if number < 3 * FEW:
                yield self._said(number, (Place.RARE, Place.REACTED, Place.REDACTED)[number // FEW])
            elif number < reacted:
                yield from self._something(number)
            elif number < redacted:
                yield self._reaction(number, self._last[Place.REACTED])
            else:
                message = self._said(number, Place.REDACTED)
                yield message
                yield self._redaction(message)

    def _something(self, number: int) -> Iterator[Record]:
        random = self._random
        if random.random() < DIRECT:
            yield self._direct(number)
            return
        channel = Place.BUSY if random.random() < BUSY else self._channel()
        earlier, kind = self._last.get(channel), random.random()
        if earlier is None or kind >= REDACTED:
            yield self._said(number, channel)
            if number % 1000 == 0 and self._pinned[channel] < MAX_PINS:
                self._pinned[channel] += 1
                yield MessagePinned(channel, self._last[channel].id, Probe.KEEPER, BEGIN)
        elif kind < REPLIES:
            tags = {_REPLY_TAG: msgid.encode(earlier.id)}
            yield self._kept(self._said(number, channel)._replace(tags=tags, refers=earlier.id))
        elif kind < REACTIONS:
            yield self._reaction(number, earlier)
        elif kind < EDITS:
            tags = {EDIT_TAG: msgid.encode(earlier.id)}
            edit = self._said(number, channel, earlier.sender)
            self._last[channel] = earlier
            yield edit._replace(tags=tags, refers=earlier.id)
        else:
            message = self._said(number, channel)
            yield message
            yield self._redaction(message)
            self._last[channel] = earlier

    def _kept(self, message: MessageSent) -> MessageSent:
        assert message.channel is not None
        self._last[message.channel] = message
        return message

    def _channel(self) -> int:
        """Some channels are busier than others."""
        ordinary = self._sizes.channels - max(Place)
        return max(Place) + 1 + int(ordinary * self._random.random() ** 2)

    def _sender(self) -> int:
        random = self._random
        if random.random() < OF_LEAVER:
            return Probe.LEAVER
        return random.randint(max(Probe) + 1, self._sizes.accounts)

    def _text(self, number: int) -> str:
        words = self._speech.words()
        if number in self._rare:
            words[3] = RARE
        return " ".join(words)

    def _said(self, number: int, channel: int, sender: int = 0) -> MessageSent:
        at, by = BEGIN + 1000 + number * self._sizes.step, sender or self._sender()
        # People with a client that repeats what was not confirmed give every message a nonce.
        nonce = f"{number:x}" if number % 2 else None
        tags = {} if nonce is None else {NONCE_TAG: nonce}
        name, text = channel_name(channel), self._text(number)
        return self._kept(
            MessageSent(
                first_id_at(at), at, "PRIVMSG", by, name_of(by), channel, None, name, text, tags, nonce
            )
        )

    def _direct(self, number: int) -> MessageSent:
        random, partners = self._random, self._sizes.partners
        sender, recipient = self._sender(), self._sender()
        if random.random() < OF_SOCIAL:
            sender, recipient = Probe.SOCIAL, partners[number % len(partners)]
            if random.random() < 0.5:
                sender, recipient = recipient, sender
        at = BEGIN + 1000 + number * self._sizes.step
        waits = number > 0.98 * self._sizes.messages and recipient > max(Probe)
        nick, to, text = name_of(sender), name_of(recipient), self._text(number)
        return MessageSent(
            first_id_at(at), at, "PRIVMSG", sender, nick, None, recipient, to, text, {}, undelivered=waits
        )

    def _reaction(self, number: int, earlier: MessageSent) -> MessageSent:
        at, sender = BEGIN + 1000 + number * self._sizes.step, self._sender()
        tags = {REACT_TAG: "👍", _REPLY_TAG: msgid.encode(earlier.id)}
        return MessageSent(
            first_id_at(at),
            at,
            "TAGMSG",
            sender,
            name_of(sender),
            earlier.channel,
            None,
            earlier.addressed,
            "",
            tags,
            refers=earlier.id,
        )

    def _redaction(self, message: MessageSent) -> MessageRedacted:
        key, source = message.id + 1, f"{message.nick}!{message.nick}@chat.example"
        return MessageRedacted(message, message.sender, source, message.addressed, "", message.at, key)
