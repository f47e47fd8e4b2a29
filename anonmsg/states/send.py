"""The page behind a share link, where a sender writes."""

from collections.abc import Collection
from typing import Any

import reflex as rx

from anonmsg import prompts
from anonmsg.errors import AnonmsgError, InboxClosed, UserNotFound
from anonmsg.schemas import MessageForm
from anonmsg.states.forms import FormState
from anonmsg.states.visitor import Visitor


class SendState(FormState, Visitor, rx.State):
    """Delivers messages. Nothing about the sender is kept here or anywhere.

    Attributes:
        title: The page's title.
        username: The recipient, spelt as they do.
        inbox: What is known of the inbox: "" (not yet), "open", "closed" or "unknown".
        is_sent: Whether the message has been delivered.
        ideas: Prompts to pick from.
    """

    title: rx.Field[str] = rx.field("Send an anonymous message")
    username: rx.Field[str] = rx.field("")
    inbox: rx.Field[str] = rx.field("")
    is_sent: rx.Field[bool] = rx.field(False)
    ideas: rx.Field[list[str]] = rx.field(default_factory=list)

    @rx.event
    async def load(self):
        """Find out whose link this is and whether they take messages, before the sender writes.

        After a lost connection a submit that waited in the page may come first; what it did stays.
        """
        ideas, overtaken = self.ideas, self.is_sent and not self.inbox
        self.reset()
        self.is_sent = overtaken
        self.username = self._name_in_address()
        self.ideas = ideas or prompts.pick()
        await self._look_up()

    @rx.event
    async def submit(self, submitted: dict[str, Any]):
        """Deliver a message; a second press while the first one succeeds does nothing."""
        if self.is_sent:
            return
        self._clear_errors()
        self.busy = True
        self.username = self.username or self._name_in_address()
        yield
        try:
            form = self._read(MessageForm, submitted, username=self.username)
            await self._services().sharing.send(form)
        except AnonmsgError as error:
            if isinstance(error, InboxClosed):
                self.inbox = "closed"
            elif isinstance(error, UserNotFound):
                self.inbox, self.title = "unknown", str(error)
            yield self._show(error)
        else:
            self.is_sent = True
        finally:
            self.busy = False

    @rx.event
    async def write_another(self):
        """Show an empty form again, and whether the inbox is still open."""
        self.is_sent = False
        self.ideas = prompts.pick()
        self._clear_errors()
        await self._look_up()

    def _fields(self) -> Collection[str]:
        return ("content",)

    async def _look_up(self) -> None:
        try:
            recipient = await self._services().sharing.recipient(self.username)
        except UserNotFound:
            self.inbox, self.title = "unknown", "User not found"
        except AnonmsgError as error:
            self.failure = str(error)
        else:
            self.username, self.failure = recipient.username, ""
            self.title = f"Send an anonymous message to @{recipient.username}"
            self.inbox = "open" if recipient.accepts_messages else "closed"
