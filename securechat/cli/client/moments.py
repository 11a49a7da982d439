"""Points in time, as people write them for `--since`."""

from typing import Annotated

import typer

SinceOption = Annotated[
    str,
    typer.Option(
        "--since",
        metavar="TIME",
        help="Only since then: 30m, 2h, 3d, 14:00, 2026-11-28, 2026-11-28T14:00.",
        show_default=False,
    ),
]


def milliseconds(text: str) -> int:
    """Return a point in time as milliseconds since 1970; 0 for "". Without a zone it is this computer's.

    Raises BadParameter.
    """
    import time
    from datetime import datetime

    from securechat.chat import durations

    if not text:
        return 0
    if durations.looks_like_one(text):
        try:
            return max(1, time.time_ns() // 1_000_000 - durations.parse(text))
        except durations.InvalidDuration as error:
            raise typer.BadParameter(str(error), param_hint="--since") from error
    today = f"{datetime.now().astimezone():%Y-%m-%d}"
    for written in (text, f"{today}T{text}"):
        try:
            then = datetime.fromisoformat(written)
            return max(1, int(then.timestamp() * 1000))
        except (ValueError, OverflowError, OSError):
            continue
    raise typer.BadParameter(
        f"{text!r} is no time: write 30m, 2h, 3d, 14:00, 2026-11-28 or 2026-11-28T14:00", param_hint="--since"
    )
