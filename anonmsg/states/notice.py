"""A sentence that outlives the page it came from, such as "Account verified successfully"."""

import reflex as rx

from anonmsg.faults import NUMBER, sentence_for_fault


class Notice(rx.State):
    """Shown on the next page, gone on the one after; the page that is being left does not move for it.

    Attributes:
        text: The sentence, "" for none.
        coming: The sentence of the page at `coming_at`, which so has it from the beginning, and does not move for it.
        coming_at: The path of the page that somebody is sent to.
    """

    text: rx.Field[str] = rx.field("")
    coming: rx.Field[str] = rx.field("")
    coming_at: rx.Field[str] = rx.field("")
    _next: str = ""

    @rx.event
    def turn_page(self) -> None:
        """Called by each page as it opens: show a new notice, forget an old one."""
        self.text, self._next, self.coming, self.coming_at = self._next, "", "", ""

    @rx.event
    def show_fault(self, number: str) -> None:
        """Say that something broke, with the number under which the log knows it."""
        if isinstance(number, str) and NUMBER.fullmatch(number):
            self.text = sentence_for_fault(number)

    def _say(self, text: str, at: str = "") -> None:
        self._next = self.coming = text
        self.coming_at = at
