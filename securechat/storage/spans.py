"""Sets of numbers as a short text: `1-3 7` is 1, 2, 3 and 7."""

from collections.abc import Iterable, Sequence


def spans(numbers: Iterable[int]) -> Sequence[tuple[int, int]]:
    """Return the first and last number of each run without a gap, in order."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def encode_spans(numbers: Iterable[int]) -> str:
    """Write numbers as a text."""
    return " ".join(f"{first}-{last}" if last > first else f"{first}" for first, last in spans(numbers))


def decode_spans(text: str) -> set[int]:
    """Read what `encode_spans` has written. Raises ValueError."""
    numbers: set[int] = set()
    for span in text.split():
        first, _, last = span.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return numbers
