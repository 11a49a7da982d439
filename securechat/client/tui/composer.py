"""Where one writes: a row without a frame, which grows to six."""

from collections.abc import Callable
from typing import Final

from textual import events
from textual.message import Message
from textual.widgets import TextArea

from securechat.client.safe import safe
from securechat.client.tui.keys import SELECTED

MOST_KEPT: Final = 200
"""Texts that Up brings back."""


def clean(text: str) -> str:
    """Return a text whose every line is safe to show: it may come from the clipboard, or from others."""
    return "\n".join(map(safe, text.replace("\r\n", "\n").replace("\r", "\n").split("\n")))


class Composer(TextArea):
    """A draft. Enter sends it, Alt+Enter begins another line, Tab completes, Up brings back what was sent."""

    class Submitted(Message):
        """Enter was pressed."""

        def __init__(self, text: str, pasted: bool) -> None:
            super().__init__()
            self.text = text
            self.pasted = pasted

    class Escaped(Message):
        """Escape was pressed."""

    class Acted(Message):
        """A key was pressed that does something with the selected message."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class Ended(Message):
        """End was pressed at the end of the draft."""

    def __init__(self, complete: Callable[[str], list[str]]) -> None:
        super().__init__(
            "", id="composer", soft_wrap=True, compact=True, show_line_numbers=False, tab_behavior="focus"
        )
        self.cursor_blink = False
        self.highlight_cursor_line = False
        self.selecting = False
        """Whether a message is selected: then letters do something with it, unless something is written."""
        self._complete = complete
        self._offers: list[str] = []
        self._stem = ""
        self._sent: list[str] = []
        self._back = 0
        self._kept = ""
        self._pasted = False

    def put(self, text: str) -> None:
        """Put another text in, with the cursor at its end."""
        self.load_text(clean(text))
        self.move_cursor(self.document.end)
        self._pasted, self._offers = False, []

    async def _on_key(self, event: events.Key) -> None:
        if event.key != "tab":
            self._offers = []
        match event.key:
            case _ if self.selecting and not self.text and (event.character or "") in SELECTED:
                self.post_message(self.Acted(event.character or ""))
            case "end" if self.cursor_location == self.document.end:
                self.post_message(self.Ended())
            case "enter":
                self._submit()
            case "alt+enter" | "shift+enter" | "ctrl+j":
                self.insert("\n")
            case "tab":
                self._offer()
            case "escape":
                self.post_message(self.Escaped())
            case "up" if self._goes_back():
                self._bring(1)
            case "down" if self._back:
                self._bring(-1)
            case _:
                await super()._on_key(event)
                return
        event.stop()
        event.prevent_default()

    async def _on_paste(self, event: events.Paste) -> None:
        self._pasted = self._pasted or "\n" in event.text or "\r" in event.text
        await super()._on_paste(events.Paste(clean(event.text)))
        event.prevent_default()
        event.stop()

    def _submit(self) -> None:
        text, pasted = self.text, self._pasted
        if not text.strip():
            return
        if not self._sent or self._sent[-1] != text:
            self._sent = [*self._sent[-MOST_KEPT + 1 :], text]
        self._back = 0
        self.put("")
        self.post_message(self.Submitted(text, pasted))

    # What was sent before

    def _goes_back(self) -> bool:
        return self.cursor_location[0] == 0 and bool(self._sent) and self._back < len(self._sent)

    def _bring(self, step: int) -> None:
        if not self._back:
            self._kept = self.text
        self._back += step
        self.put(self._sent[-self._back] if self._back else self._kept)

    # Completion

    def _offer(self) -> None:
        """Complete the word before the cursor; again, offer the next one."""
        row, column = self.cursor_location
        line = self.document.get_line(row)[:column]
        if not self._offers:
            self._stem = line
            self._offers = self._complete(line) if not row else self._complete(" " + line)
            self._offers = [offer.removeprefix(" ") if row else offer for offer in self._offers]
        if self._offers:
            offer = self._offers.pop(0)
            self._offers.append(offer)
            self.replace(safe(offer), (row, 0), (row, column))
            self.move_cursor((row, len(safe(offer))))
