"""Sharing: what a stranger with somebody's link may know and do."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol
from weakref import WeakValueDictionary

from anonmsg.clock import Clock
from anonmsg.errors import InboxClosed, InvalidInput, ProofNeeded, TooManyAttempts, Unavailable, UserNotFound
from anonmsg.models import Folder, Message, User
from anonmsg.muting import holds_muted
from anonmsg.proofs import Proofs
from anonmsg.rules import content_too_long, is_username, username_key
from anonmsg.schemas import MessageForm
from anonmsg.services.sent_lately import SentLately
from anonmsg.services.tagging import Tagged, Tagging
from anonmsg.services.throttling import NO_WAIT, Scope, Throttle
from anonmsg.tokens import SendMarks

SEND_KEY_TTL = timedelta(hours=24)
"""How long the same key and text are the same message."""


class Users(Protocol):
    """The verified people."""

    async def get_by_username(self, username: str) -> User | None: ...
    async def get_addressed(self, username: str, mark: bytes, now: datetime) -> tuple[User | None, bool]: ...
    async def take_one(self, user_id: str) -> bool: ...


class Messages(Protocol):
    """The stored messages."""

    async def add(
        self, recipient_id: str, content: str, created_at: datetime, folder: Folder, expires_at: datetime | None
    ) -> Message: ...
    async def add_once(
        self,
        message_id: str,
        recipient_id: str,
        content: str,
        created_at: datetime,
        folder: Folder,
        expires_at: datetime | None,
    ) -> datetime: ...


class SendKeys(Protocol):
    """The marks of messages that were sent with a key."""

    async def add(self, mark: bytes, recipient_id: str, expires_at: datetime) -> None: ...


class Sharing:
    """The sender's side. Of a sender only today's bucket comes in here, to be counted and forgotten."""

    def __init__(
        self,
        users: Users,
        messages: Messages,
        send_keys: SendKeys,
        marks: SendMarks,
        tagging: Tagging,
        throttle: Throttle,
        proofs: Proofs,
        clock: Clock,
    ) -> None:
        self._users = users
        self._messages = messages
        self._send_keys = send_keys
        self._marks = marks
        self._tagging = tagging
        self._throttle = throttle
        self._proofs = proofs
        self._clock = clock
        self._lately = SentLately()
        self._turns: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    async def recipient(self, username: str) -> User:
        """Return whose link this is, without what a stranger has no use for.

        Raises:
            UserNotFound: If it is nobody's.
        """
        return replace(await self._find(username), muted=(), blocked={})

    async def _find(self, username: str) -> User:
        user = await self._users.get_by_username(username) if is_username(username) else None
        if user is None:
            raise UserNotFound
        return user

    async def send(
        self, form: MessageForm, client: str, folder: Folder = "inbox", key: str = "", sender_mark: str = ""
    ) -> None:
        """Deliver a message; once this returns, it is on disk.

        The same key with the same text is the same message for a day, however often it comes and at once.

        Args:
            form: The message.
            client: The address bucket that it comes from.
            folder: Where its recipient finds it.
            key: What tells a second try from a second message; "" if nothing does.
            sender_mark: What the sender's browser made up for itself, "" for none.

        Raises:
            TooManyAttempts: If too many come from there, to that recipient, or at all.
            ProofNeeded: If that is near, and the form holds no fresh proof of work.
            UserNotFound: If the name is nobody's.
            InboxClosed: If the recipient takes no messages now.
            InvalidInput: If the message is longer than the recipient wants.
        """
        if not is_username(form.username):
            raise UserNotFound
        mark = self._marks.of(username_key(form.username), key, form.content) if key else b""
        try:
            await self._count(form, client)
        except TooManyAttempts:
            if mark and self._lately.holds(mark, self._clock()):
                return  # it was sent, and only the answer was lost
            raise
        if not mark:
            await self._deliver(form, client, folder, b"", sender_mark)
            return
        # Tries of one message take turns here, so that an inbox that closes after some counts it once.
        async with self._turns.setdefault(mark, asyncio.Lock()):
            await self._deliver(form, client, folder, mark, sender_mark)
        self._lately.note(mark, self._clock())

    async def _deliver(self, form: MessageForm, client: str, folder: Folder, mark: bytes, sender_mark: str) -> None:
        recipient, is_sent = await self._addressed(form.username, mark)
        if is_sent:
            return
        await self._admit(recipient, len(form.content))
        # Always looked at, and said to nobody: what a sender sees must not tell what is muted or blocked.
        is_muted = holds_muted(form.content, recipient.muted)
        tagged = await self._tagging.look(recipient, sender_mark, "filtered" if is_muted else folder)
        message_id = await self._store(mark, recipient.id, form.content, tagged)
        self._tagging.note(recipient.id, message_id, tagged.pseudonym, client)

    async def _addressed(self, username: str, mark: bytes) -> tuple[User, bool]:
        """Return whom a message is for, and whether it was sent already."""
        if not mark:
            return await self._find(username), False
        user, is_sent = await self._users.get_addressed(username, mark, self._clock())
        if user is None:
            raise UserNotFound
        return user, is_sent

    async def _admit(self, recipient: User, length: int) -> None:
        """Let a message in, and count it if the inbox closes after some.

        What is counted and then can't be stored stays counted: rather one message too few than one too many.
        """
        now = self._clock()
        if not recipient.opening.is_open(now):
            raise InboxClosed(recipient.opening.opens_next(now))
        most = recipient.page.most_characters
        if length > most:
            raise InvalidInput({"content": content_too_long(most)})
        if recipient.remaining is not None and not await self._users.take_one(recipient.id):
            raise InboxClosed

    async def _store(self, mark: bytes, recipient_id: str, content: str, tagged: Tagged) -> str:
        """Store a message and return its id. With a mark, the database decides between two tries.

        The id follows from the mark, which is stored then and found when the recipient has deleted the message.
        A crash between the two loses nothing and doubles nothing: the id is taken.
        """
        now, older = self._clock(), None
        if not mark:
            return (await self._messages.add(recipient_id, content, now, tagged.folder, tagged.expires_at)).id
        while True:
            message_id = self._marks.message_id(mark, older)
            sent_at = await self._messages.add_once(
                message_id, recipient_id, content, now, tagged.folder, tagged.expires_at
            )
            if now - sent_at < SEND_KEY_TTL:
                break
            older = sent_at
        with contextlib.suppress(Unavailable):  # the message is stored, so that is what the sender hears
            await self._send_keys.add(mark, recipient_id, sent_at + SEND_KEY_TTL)
        return message_id

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
