"""Threads at the desk: opening one, and speaking in it."""

from collections.abc import Sequence

from securechat.client.deliveries import Outgoing
from securechat.client.tui.entries import Thread
from securechat.client.tui.language import _
from securechat.client.tui.reading import Reading


class ThreadWork(Reading):
    """The part of the person's work that is about threads."""

    def turn(self, thread: Thread) -> None:
        """Open a thread, so that what is written goes there, or close it."""
        thread.turn(not thread.open)
        self.app.doing.thread = thread if thread.open else None
        self.app.timeline.reveal(thread)
        self.app.redraw()

    def turn_nearest(self) -> None:
        """Do so with the thread of the selected message, one with something new, or the last one in sight."""
        app, place = self.app, self.app.chat.current
        selected = app.timeline.selected
        if not place.folds:
            self.say(_("Replies stand where they were said: /set threads folded"))
            return
        thread = selected.thread if selected is not None else app.doing.thread
        if selected is None and thread is None:
            new = (thread for thread in place.threads if thread.unseen)
            thread = next(new, app.timeline.thread_in_sight())
        if thread is None:
            self.say(_("Nobody has replied to a message here"))
        else:
            self.turn(thread)

    def answered(self, messages: Sequence[Outgoing]) -> None:
        """Something is on its way: have in sight what of it is a reply here."""
        for message in messages:
            post = self.app.chat.current.sent(message.nonce)
            if post is not None and post.thread is not None and self.app.chat.current.folds:
                self.app.timeline.reveal(post.thread)

    def leave_thread(self) -> bool:
        """Close the thread that one speaks in; return whether there was one."""
        thread, self.app.doing.thread = self.app.doing.thread, None
        if thread is not None:
            thread.turn(False)
        return thread is not None

    def first_unread(self) -> None:
        """Go to the first new message here; when that is in sight, to the first new reply."""
        timeline, place = self.app.timeline, self.app.chat.current
        new = [thread for thread in place.threads if thread.unseen]
        divider = place.divider
        if new and (divider is None or timeline.is_in_sight(divider)):
            timeline.jump(new[0].unseen[0])
            self.watch()
        else:
            super().first_unread()

    def say(self, text: str) -> None:
        """Show the person a line."""
        raise NotImplementedError
