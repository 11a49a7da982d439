"""A number with its noun, as a person reads it."""


def count(number: float, noun: str) -> str:
    """Return "1 message", "2 messages", "0.5 seconds"."""
    shown = f"{number:d}" if isinstance(number, int) else f"{number:g}"
    return f"{shown} {noun}" if number == 1 else f"{shown} {noun}s"
