"""Where one writes: a row without a frame, which grows to six.

Theory of operation. A slow line brings many keys at once. Each is done before the next one is looked at, else
the end of a text would go where the beginning did not. So nothing here posts a message that somebody handles
later, and the keys that edit are done here and not on their way up.
"""

from collections.abc import Callable
from typing import Final, Protocol

from textual import events
from textual.widgets import TextArea

from securechat.client.kept.input_history import InputHistory
from securechat.client.safe import safe
from securechat.client.tui.keys import SELECTED, actions

MOST_KEPT: Final = 200
"""Texts that Up brings back."""
_EDITING: Final = actions(TextArea)


def clean(text: str) -> str:
    """Return a text whose every line is safe to show: it may come from the clipboard, or from others."""
    return "\n".join(map(safe, text.replace("\r\n", "\n").replace("\r", "\n").split("\n")))


class Writing(Protocol):
    """Does at once what a person does here."""

    def entered(self, text: str, pasted: bool) -> None:
        """Enter was pressed."""

    def escaped(self) -> None:
        """Escape was pressed."""

    def acted(self, key: str) -> None:
        """A key was pressed that does something with the selected message."""

    def ended(self) -> None:
        """End was pressed at the end of the draft."""


class Composer(TextArea):
    """A draft. Enter sends it, Alt+Enter begins another line, Tab completes, Up brings back what was sent."""

    def __init__(
        self, complete: Callable[[str], list[str]], writing: Writing, history: InputHistory | None = None
    ) -> None:
        super().__init__(
            "", id="composer", soft_wrap=True, compact=True, show_line_numbers=False, tab_behavior="focus"
        )
        self.cursor_blink = False
        self.highlight_cursor_line = False
        self.selecting = False
        """Whether a message is selected: then letters do something with it, unless something is written."""
        self._complete = complete
        self._writing = writing
        self._offers: list[str] = []
        self._stem = ""
        self._history = history
        self._sent = history.load()[-MOST_KEPT:] if history is not None else []
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
                self._writing.acted(event.character or "")
            case "end" if self.cursor_location == self.document.end:
                self._writing.ended()
            case "enter":
                self._submit()
            case "alt+enter" | "shift+enter" | "ctrl+j":
                self.insert("\n")
            case "tab":
                self._offer()
            case "escape":
                self._writing.escaped()
            case "up" if self._goes_back():
                self._bring(1)
            case "down" if self._back:
                self._bring(-1)
            case key if key in _EDITING:
                await self.run_action(_EDITING[key])
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
            if self._history is not None:
                self._history.add(text)
        self._back = 0
        self.put("")
        self._writing.entered(text, pasted)

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
