"""The page behind a share link, where a sender writes."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

import reflex as rx

from anonmsg import prompts
from anonmsg.errors import AnonmsgError, InboxClosed, ProofNeeded, UserNotFound
from anonmsg.models import MOST_CHARACTERS, USUAL_ACCENT, PageSettings
from anonmsg.schemas import MessageForm
from anonmsg.send_form import USUAL_HEADING, attempt_of, content_error, folder_for, key_of, mark_of, title_for
from anonmsg.states.forms import FormState
from anonmsg.states.visitor import Visitor

ANSWER = ("is_sent", "errors", "failure", "busy", "challenge", "answered", "_refusal", "_attempt")
"""What an attempt to send leaves on the page."""


class SendState(FormState, Visitor, rx.State):
    """Delivers messages. Nothing about the sender is kept here or anywhere.

    Attributes:
        title: The page's title.
        username: The recipient, spelt as they do.
        inbox: What is known of the inbox: "" (not yet), "open", "closed" or "unknown".
        opens_at: When a closed inbox opens by itself (ISO 8601, UTC), "" if nobody knows.
        is_sent: Whether the message has been delivered.
        ideas: Prompts to pick from; the page shows some at a time.
        heading: What the recipient calls the page, else its title.
        subtitle: Whose page it is, where the heading doesn't say.
        question: What the recipient asks, "" for nothing.
        accent: The name of the page's colour.
        most: How long a message may be, in code points.
        challenge: The puzzle that the browser has to solve first, in JSON; "" for none.
        answered: Which attempt to send the page shows the answer to, as the browser calls it.
    """

    title: rx.Field[str] = rx.field(USUAL_HEADING)
    username: rx.Field[str] = rx.field("")
    inbox: rx.Field[str] = rx.field("")
    opens_at: rx.Field[str] = rx.field("")
    is_sent: rx.Field[bool] = rx.field(False)
    ideas: rx.Field[list[str]] = rx.field(default_factory=list)
    heading: rx.Field[str] = rx.field(USUAL_HEADING)
    subtitle: rx.Field[str] = rx.field("")
    question: rx.Field[str] = rx.field("")
    accent: rx.Field[str] = rx.field(USUAL_ACCENT)
    most: rx.Field[int] = rx.field(MOST_CHARACTERS)
    challenge: rx.Field[str] = rx.field("")
    answered: rx.Field[str] = rx.field("")
    _shown_at: datetime | None = None
    _refusal: str = ""
    _attempt: str = ""
    _sent_on: str = ""
    _loaded_on: str = ""

    @rx.event
    async def load(self):
        """Find out whose link this is and whether they take messages, before the sender writes.

        After a lost connection what was on its way is sent again, which may come first; what it did stays.
        """
        connection = self.router.session.session_id
        answer = {name: getattr(self, name) for name in ANSWER}
        is_overtaken = self._sent_on == connection != self._loaded_on
        ideas, before, shown_at = self.ideas, self.username.lower(), self._shown_at
        self.reset()
        self._loaded_on = connection
        self.username = self._name_in_address()
        # A connection that comes back shows no new form: somebody may be about to send a long text.
        if before == self.username.lower():
            self._shown_at, self.ideas = shown_at, ideas
        await self._look_up()
        if is_overtaken and before == self.username.lower():
            failure = self.failure
            for name, value in answer.items():
                setattr(self, name, value)
            self.failure = self.failure or failure

    @rx.event
    async def submit(self, submitted: dict[str, Any]):
        """Deliver a message; a second press while the first one succeeds does nothing."""
        self._attempt, self._sent_on = attempt_of(submitted), self.router.session.session_id
        if self.is_sent:
            self.answered = self._attempt
            return
        self._clear_errors()
        self.busy, self.challenge = True, ""
        self.username = self.username or self._name_in_address()
        yield
        try:
            form = self._read(MessageForm, submitted, username=self.username)
            folder = folder_for(submitted, self._services().clock(), self._shown_at)
            await self._services().sharing.send(form, self._client(), folder, key_of(submitted), mark_of(submitted))
        except ProofNeeded as error:
            if submitted.get("proof"):  # solved in vain, perhaps too late; not again and again by itself
                yield self._show(error)
            else:
                self.challenge, self._refusal = json.dumps(error.challenge), str(error)
        except AnonmsgError as error:
            if isinstance(error, InboxClosed):
                self._close(error.opens_at)
            elif isinstance(error, UserNotFound):
                self._miss()
            focus = self._show(error)
            self.errors = {field: content_error(sentence, self.most) for field, sentence in self.errors.items()}
            yield focus
        else:
            self.is_sent = True
        finally:
            self.busy = bool(self.challenge)  # the browser sends the form again by itself
            self.answered = "" if self.challenge else self._attempt

    @rx.event
    async def give_up_puzzle(self):
        """The browser could not solve the puzzle: then there is only waiting."""
        if self.challenge:
            self.challenge, self.busy, self.failure, self.answered = "", False, self._refusal, self._attempt

    @rx.event
    async def write_another(self):
        """Show an empty form again, and whether the inbox is still open."""
        self.is_sent, self._shown_at = False, None
        self.ideas = []
        self._clear_errors()
        await self._look_up()

    def _fields(self) -> Collection[str]:
        return ("content",)

    def _wear(self, page: PageSettings) -> None:
        """Show what the recipient chose; ideas that are there already stay."""
        self.heading, self.subtitle = (page.title, self.title) if page.title else (self.title, "")
        self.question, self.accent = page.question, page.accent
        self.most = page.most_characters
        self.ideas = self.ideas or prompts.pick(page)

    def _miss(self) -> None:
        self.inbox, self.title, self.heading, self.subtitle = "unknown", UserNotFound.sentence, USUAL_HEADING, ""

    def _close(self, opens_at: datetime | None) -> None:
        self.inbox = "closed"
        self.opens_at = opens_at.isoformat(timespec="milliseconds") if opens_at else ""

    async def _look_up(self) -> None:
        try:
            recipient = await self._services().sharing.recipient(self.username)
        except UserNotFound:
            self._miss()
        except AnonmsgError as error:
            self.failure = str(error)
        else:
            self.username, self.failure = recipient.username, ""
            self.title = title_for(recipient.username)
            now, opening = self._services().clock(), recipient.opening
            self.inbox = "open"
            if not opening.is_open(now):
                self._close(opening.opens_next(now))
            self._wear(recipient.page)
            self._shown_at = self._shown_at or self._services().clock()
