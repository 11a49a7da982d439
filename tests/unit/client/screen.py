"""A terminal in miniature: what the editor's output looks like on a screen of one width."""

import re

from securechat.client.width import columns

_TOKEN = re.compile(r"\x1b\[(\??[0-9;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n])")


class Screen:
    """Rows of cells. It knows what `editor` writes and fails on anything else, unless it `wraps` also at a
    row's end.
    """

    def __init__(self, width: int, *, wraps: bool = False) -> None:
        self.width = width
        self.wraps = wraps
        self.rows: list[list[str]] = [[]]
        self.column = 0
        self.bells = 0

    def write(self, text: str) -> None:
        """Take output."""
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            assert found, f"the screen does not know {text[at : at + 10]!r}"
            at = found.end()
            argument, final, control, char = found.groups()
            if final is not None:
                self._sequence(argument, final)
            elif char == "\a":
                self.bells += 1
            elif control == "\r":
                self.column = 0
            elif control == "\n":
                self.rows.append([])
                self.column = 0
            else:
                self._put(char)

    def lines(self) -> list[str]:
        """What each row shows."""
        return ["".join(row).rstrip() for row in self.rows]

    def _sequence(self, argument: str, final: str) -> None:
        if final == "m":  # a colour takes no room
            return
        row = self.rows[-1]
        if final == "K":
            del row[self.column :]
        elif final == "D":
            self.column -= int(argument)
            assert self.column >= 0
        else:
            assert argument.startswith("?"), f"{argument}{final} is not expected"

    def _put(self, char: str) -> None:
        row, size = self.rows[-1], columns(char)
        if size == 0:
            if self.column:
                row[self.column - 1] += char
            return
        if self.wraps and self.column + size > self.width:
            self.rows.append([])
            self.column, row = 0, self.rows[-1]
        assert self.column + size <= self.width, "a row is never written beyond its end"
        row += [" "] * (self.column + size - len(row))
        row[self.column] = char
        for extra in range(1, size):
            row[self.column + extra] = ""
        self.column += size
