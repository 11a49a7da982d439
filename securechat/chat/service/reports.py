"""The pseudo-user's command with which members tell the operators of something: report."""

from typing import Final

from securechat.chat.rules.reports import file
from securechat.chat.service.asked import Asked, ServiceCommand


def report(asked: Asked) -> None:
    """report <nick | channel | msgid> <reason>

    Tells the server's operators of a person, a channel or a message, whose text they get as it is now.
    Nobody else hears of it.
    """
    file(asked.ctx, asked.word(0), " ".join(asked.words[1:]), asked.say)


COMMANDS: Final = (ServiceCommand("report", report, 2),)
