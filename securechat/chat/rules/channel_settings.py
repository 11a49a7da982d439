"""What an administrator sets of a channel, which is no mode of it."""

from securechat.chat.limits import MAX_RETENTION_DAYS
from securechat.chat.records import RetentionSet
from securechat.chat.requests import Answer, Done, Refused, SetRetention
from securechat.chat.turn.chat import Chat


def set_retention(chat: Chat, request: SetRetention) -> Answer:
    """Let a channel have a retention of its own, or the server's again."""
    channel = chat.registry.channel(request.channel)
    if channel is None:
        return Refused(
            "CHANNEL_UNKNOWN", f"There is no channel {request.channel!r}: `securechat channel list`"
        )
    if not -1 <= request.days <= MAX_RETENTION_DAYS:
        return Refused("DAYS_INVALID", f"Messages can be kept for 0 (for ever) to {MAX_RETENTION_DAYS} days")
    days = request.days if request.days >= 0 else None
    if days != channel.retention_days:
        chat.enter(RetentionSet(channel.id, days, channel.retention_days), None)
    return Done()
