"""The lines that go over the control socket: one JSON object asks, one answers.

`{"op": "adduser", "name": …, "phc": …}` is answered by `{"ok": true, "rows": […]}` or by
`{"ok": false, "code": …, "text": …}`. Both ends use this module, so neither knows the other's JSON.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from securechat.chat.requests import OPERATION_NAMES, OPERATIONS, Answer, Done, Refused, Request, Value

SOCKET: Final = "control.sock"
MAX_LINE: Final = 64 * 1024
"""Of a request; answers may be longer."""
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_MOST: Final = 1 << 62
"""What a number of a request may be: a database has 64 bits, and something may be added."""


class BadLine(ValueError):
    """The other end did not keep to the protocol. The text says how."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the server's own, such as "status", with what it is told besides."""

    op: str
    argument: str = ""


def encode_request(request: Request | Command | str) -> bytes:
    """Write a request as a line; a string is a command that needs to be told nothing."""
    if isinstance(request, str):
        return _line({"op": request})
    if isinstance(request, Command):
        # Names of files need not be UTF-8: what is not is escaped.
        return json.dumps({"op": request.op, "argument": request.argument}).encode() + b"\n"
    content = {field.name: getattr(request, field.name) for field in fields(request)}
    return _line({"op": OPERATION_NAMES[type(request)], **content})


def decode_request(line: bytes) -> Request | Command:
    """Read a request. Raises BadLine; an operation that the chat does not have is a command."""
    content = _object(line)
    op = content.pop("op", None)
    if not isinstance(op, str):
        raise BadLine('the request has no "op"')
    kind = OPERATIONS.get(op)
    if kind is None:
        argument = content.get("argument", "")
        if not isinstance(argument, str):
            raise BadLine(f'"argument" of {op[:32]!a} has the wrong type')
        return Command(op, argument)
    _check_storable(content)  # but not what a command is told: that is a file's name, and is kept nowhere
    for field in fields(kind):
        value = content.get(field.name, field.default)
        if type(value) is not field.type:
            raise BadLine(f'"{field.name}" of {op} is missing or has the wrong type')
    unknown = content.keys() - {field.name for field in fields(kind)}
    if unknown:
        raise BadLine(f"{op} has no {', '.join(sorted(unknown))}")
    return kind(**content)  # type: ignore[arg-type]  # every field's type was compared


def encode_answer(answer: Answer) -> bytes:
    """Write an answer as a line.

    Row by row: no other thread runs while a JSON text is made, which for thousands of rows is 15 ms.
    """
    match answer:
        case Done():
            begin = _text({"ok": True, **({"more": answer.more} if answer.more else {})})
            rows = ",".join([_text(row) for row in answer.rows])
            return _bytes(f'{begin[:-1]},"rows":[{rows}]}}')
        case Refused():
            return _line({"ok": False, "code": answer.code, "text": answer.text})


def decode_answer(line: bytes) -> Answer:
    """Read an answer. Raises BadLine."""
    content = _object(line)
    if content.get("ok") is not True:
        return Refused(str(content.get("code", "")), str(content.get("text", "")))
    rows = content.get("rows")
    if not isinstance(rows, list):
        raise BadLine("the answer has no rows")
    more = content.get("more", 0)
    if not isinstance(more, int):
        raise BadLine("what the answer says of more is no number")
    return Done([_row(row) for row in rows], more)


def _row(row: object) -> Mapping[str, Value]:
    if not isinstance(row, dict):
        raise BadLine("a row of the answer is not an object")
    return {str(key): value for key, value in row.items() if isinstance(value, str | int | None)}


def _check_storable(content: Mapping[str, object]) -> None:
    """Raise BadLine for what JSON can say and no database can keep."""
    for each in (*content, *content.values()):
        if isinstance(each, str) and ("\0" in each or any("\ud800" <= c <= "\udfff" for c in each)):
            raise BadLine("a text of the request has a character that is none")
        if isinstance(each, int) and not -_MOST < each < _MOST:
            raise BadLine("a number of the request is too large")


def _line(content: Mapping[str, object]) -> bytes:
    return _bytes(_text(content))


def _text(content: Mapping[str, object]) -> str:
    return _ENCODER.encode(dict(content))


def _bytes(text: str) -> bytes:
    # An answer may name a file whose name is no UTF-8, and is read again as it was.
    return text.encode(errors="surrogatepass") + b"\n"


def _object(line: bytes) -> dict[str, object]:
    try:
        content: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadLine("the line is not JSON") from error
    if not isinstance(content, dict):
        raise BadLine("the line is not a JSON object")
    return {str(key): value for key, value in content.items()}
