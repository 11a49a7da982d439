"""Events as JSON objects for programs. Each has a `type`; keys are only ever added."""

from typing import assert_never

from securechat.client.events import Gap, Message, Person, Reacted, Redacted
from securechat.irc.timestamp import format_ms

Shown = Message | Redacted | Reacted | Person | Gap


def facts(event: Shown) -> dict[str, object]:
    """Return what a program may want to know of an event."""
    match event:
        case Message():
            return _message(event)
        case Redacted(target, by, msgid, reason, own):
            return {
                "type": "redaction",
                "target": target,
                "from": by,
                "id": msgid,
                "reason": reason,
                "own": own,
            }
        case Reacted(target, sender, reaction, to, own, removed):
            kind = {"type": "reaction", "target": target, "from": sender, "reaction": reaction}
            return {**kind, "id": to, "removed": removed, "own": own}
        case Person():
            return {
                "type": "person",
                "nick": event.nick,
                "account": event.account,
                "name": event.name,
                "channel": event.channel,
                "ranks": event.ranks,
                "away": event.away,
                "operator": event.operator,
                "bot": event.bot,
            }
        case Gap(target, reason):
            return {"type": "gap", "target": target, "reason": reason}
        case _:
            assert_never(event)


def _message(message: Message) -> dict[str, object]:
    return {
        "type": "message",
        "id": message.id,
        "time": format_ms(message.time),
        "target": message.target,
        "from": message.sender,
        "account": message.account,
        "kind": message.kind.value,
        "text": message.text,
        "own": message.own,
        "edits": message.edits,
        "answers": message.answers,
    }
