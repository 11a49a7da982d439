"""How a message of several lines is shown: as a batch, or line by line (IRCv3 multiline, "Fallback")."""

from typing import Final

from securechat.chat.line import Line
from securechat.irc import capabilities as cap
from securechat.irc import msgid

_NEEDS: Final = cap.BATCH | cap.MESSAGE_TAGS | cap.MULTILINE
_CONCAT: Final = {"draft/multiline-concat": ""}


def together(line: Line) -> Line:
    """Return the batch that shows a message of several lines; `line` is the message as if it were one.

    Its tags are on the opening line, or on the first line for those who do not know of such batches; these
    never get blank lines.
    """
    assert line.id is not None and line.text is not None, "a message has both"
    pieces, reference = line.text.split("\n"), msgid.encode(line.id)
    bare = Line(line.source, line.command, line.params, None, line.at)
    parts = [
        bare._replace(text=piece.removeprefix("\r"), tags=_CONCAT if piece.startswith("\r") else None)
        for piece in pieces
    ]
    first, *others = [part.text for part in parts if part.text]
    plain = [line._replace(text=first), *(bare._replace(text=text, account=line.account) for text in others)]
    return line._replace(
        command="BATCH",
        params=(f"+{reference}", "draft/multiline", *line.params),
        text=None,
        needs=_NEEDS,
        instead=Line(line.source, "", at=line.at, parts=tuple(plain)),
        parts=tuple(parts),
    )
