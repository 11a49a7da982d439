"""A message before it is known who gets it."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from securechat.chat.lines import isupport
from securechat.chat.records import MessageSent
from securechat.chat.rules import words
from securechat.chat.rules.references import Reference
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap
from securechat.irc.message import NO_TAGS

UNSTORED: Final = frozenset({"+typing", "+draft/typing", cap.NONCE_TAG})
"""A TAGMSG that has only these client tags is not kept."""


class Draft(NamedTuple):
    """What is to be said, before it is known to whom.

    `known` are the messages that already carry the nonce, by the nonce as it is stored for a target; `done`
    are the nonces of the targets that it was said to in an earlier turn. `nick` is that of a person in
    another chat for whom a bridge says it.
    """

    command: str
    text: str
    tags: Mapping[str, str] = NO_TAGS
    nonce: str | None = None
    known: Mapping[str | None, MessageSent] = {}
    reference: Reference | None = None
    nick: str | None = None
    done: frozenset[str | None] = frozenset()

    @property
    def shown(self) -> str:
        """The text, or what a TAGMSG shows in place of one, such as a reaction; "" if it shows nothing."""
        if self.command != "TAGMSG":
            return self.text
        return "\n".join([value for name, value in self.tags.items() if name not in UNSTORED and value])


def client_tags(ctx: Context) -> dict[str, str]:
    """Return the client-only tags of the message; all others are the server's to give."""
    tags, deny = ctx.message.tags, ctx.settings.client_tag_deny
    return {
        name: value
        for name, value in tags.items()
        if name.startswith("+") and not (deny and isupport.is_denied(name, deny))
    }


def filtered(ctx: Context, draft: Draft) -> tuple[Draft, str | None]:
    """Return what is said in a channel where the word filter replaces words, and what it reports."""
    verdict = words.judged(ctx, draft.shown)
    said = draft._replace(text=verdict.text) if draft.command != "TAGMSG" else draft
    return said, verdict.reported
