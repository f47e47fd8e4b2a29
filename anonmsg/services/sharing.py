"""Sharing: what a stranger with somebody's link may know and do."""

from datetime import datetime
from typing import Protocol

from anonmsg.clock import Clock
from anonmsg.errors import InboxClosed, InvalidInput, ProofNeeded, UserNotFound
from anonmsg.models import Folder, Message, User
from anonmsg.proofs import Proofs
from anonmsg.schemas import MessageForm, is_username, username_key
from anonmsg.services.throttling import NO_WAIT, Scope, Throttle


class Users(Protocol):
    """The verified people."""

    async def get_by_username(self, username: str) -> User | None: ...


class Messages(Protocol):
    """The stored messages."""

    async def add(self, recipient_id: str, content: str, created_at: datetime, folder: Folder) -> Message: ...


class Sharing:
    """The sender's side. Of a sender only today's bucket comes in here, to be counted and forgotten."""

    def __init__(self, users: Users, messages: Messages, throttle: Throttle, proofs: Proofs, clock: Clock) -> None:
        self._users = users
        self._messages = messages
        self._throttle = throttle
        self._proofs = proofs
        self._clock = clock

    async def recipient(self, username: str) -> User:
        """Return whose link this is.

        Raises:
            UserNotFound: If it is nobody's.
        """
        user = await self._users.get_by_username(username) if is_username(username) else None
        if user is None:
            raise UserNotFound
        return user

    async def send(self, form: MessageForm, client: str, folder: Folder = "inbox") -> None:
        """Deliver a message; once this returns, it is on disk.

        Args:
            form: The message.
            client: The address bucket that it comes from.
            folder: Where its recipient finds it.

        Raises:
            TooManyAttempts: If too many come from there, to that recipient, or at all.
            ProofNeeded: If that is near, and the form holds no fresh proof of work.
            UserNotFound: If the name is nobody's.
            InboxClosed: If the recipient takes no messages now.
            InvalidInput: If the message is longer than the recipient wants.
        """
        if not is_username(form.username):
            raise UserNotFound
        await self._count(form, client)
        recipient = await self.recipient(form.username)
        if not recipient.accepts_messages:
            raise InboxClosed
        most = recipient.page.most_characters
        if len(form.content) > most:
            raise InvalidInput({"content": f"Message must be at most {most} characters"})
        await self._messages.add(recipient.id, form.content, self._clock(), folder)

    async def _count(self, form: MessageForm, client: str) -> None:
        """Count the message before anything is looked up; a name that is nobody's counts too."""
        recipient = username_key(form.username)
        counted: dict[Scope, str] = {
            "send per client and recipient": f"{client} {recipient}",
            "send per client": client,
            "send per recipient": recipient,
            "send": "",
        }
        near = await self._throttle.wait_while_near(counted)
        if near > NO_WAIT:
            await self._throttle.check(counted)
            if not await self._is_proven(form.proof, recipient):
                raise ProofNeeded(near, self._proofs.challenge(recipient))
        await self._throttle.add(counted)

    async def _is_proven(self, proof: str, recipient: str) -> bool:
        proof_id = self._proofs.read(proof, recipient)
        return bool(proof_id) and await self._throttle.is_first_use(proof_id)
