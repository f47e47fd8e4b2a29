"""Tagging: what is noted of a message that is being sent, so that its recipient can defend the inbox."""

import asyncio
import contextlib
import hashlib
import hmac
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from anonmsg.clock import Clock
from anonmsg.errors import Unavailable
from anonmsg.models import BLOCK_TTL, Folder, Tag, User
from anonmsg.services.blocking import BURST_TIME

BLOCKED_TTL = timedelta(days=30)
"""How long a blocked sender's message waits under *Filtered*."""

TAG_BYTES = 16

WRITING = "tags"
"""The name of the task that stores tags."""

COLLECT_SECONDS = 0.05
"""How long tags wait for others, which are stored in the same write."""


class Tags(Protocol):
    """The stored tags."""

    async def pseudonym(self, recipient_id: str, mark: str) -> bytes: ...
    async def add_many(self, tags: Sequence[Tag]) -> None: ...
    async def delete_orphans(self, after: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Tagged:
    """What follows from a sender's mark, before the message is stored.

    Attributes:
        expires_at: When the message goes by itself; None for one that stays.
    """

    pseudonym: bytes
    folder: Folder
    expires_at: datetime | None = None


class Tagging:
    """Makes tags. The keys of burst tags are random, one a day, in this process only, and never written anywhere.

    A day's key is used for an hour longer than the day: what comes in that hour is tagged under the keys of both days,
    so that a burst across midnight is found. A thief of the database has neither key and can recompute neither tag, but
    sees that the two belong to one message; as tags are gone after a day, one theft still shows no more than a day.
    """

    def __init__(self, tags: Tags, clock: Clock, make_key: Callable[[], bytes]) -> None:
        self._tags = tags
        self._clock = clock
        self._make_key = make_key
        self._keys: dict[date, bytes] = {}
        self._waiting: list[Tag] = []
        self._writing: asyncio.Task[None] | None = None

    async def look(self, recipient: User, mark: str, folder: Folder) -> Tagged:
        """Return the sender's pseudonym for a recipient, and where the message goes: aside if that is blocked."""
        pseudonym = await self._tags.pseudonym(recipient.id, mark) if mark else b""
        blocked_at, now = recipient.blocked.get(pseudonym), self._clock()
        if pseudonym and blocked_at and now - blocked_at < BLOCK_TTL:
            return Tagged(pseudonym, "filtered", now + BLOCKED_TTL)
        return Tagged(pseudonym, folder)

    def note(self, recipient_id: str, message_id: str, pseudonym: bytes, client: str) -> None:
        """Have a message's tags stored soon, a few at a time: no sender waits for them, or hears that it failed."""
        now = self._clock()
        self._waiting.append(Tag(message_id, recipient_id, pseudonym, self._bursts(recipient_id, client, now), now))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name=WRITING)

    async def forget_orphans(self) -> None:
        """Forget keys that are over, and the tags of messages that are gone, some at a time for others' sake."""
        self._forget_keys(self._clock())
        place, is_done = "", False
        while not is_done:
            began = time.monotonic()
            place = await self._tags.delete_orphans(place)
            is_done = not place
            await asyncio.sleep(time.monotonic() - began)

    async def finish(self) -> None:
        """Wait until everything noted is stored."""
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        while self._waiting:
            await asyncio.sleep(COLLECT_SECONDS)
            some, self._waiting = self._waiting, []
            with contextlib.suppress(Unavailable):  # a message without tags is a message all the same
                await self._tags.add_many(some)

    def _bursts(self, recipient_id: str, client: str, now: datetime) -> tuple[bytes, ...]:
        self._forget_keys(now)
        if now.date() not in self._keys:
            self._keys[now.date()] = self._make_key()
        place = f"{recipient_id} {client}".encode()
        return tuple(hmac.digest(key, place, hashlib.sha256)[:TAG_BYTES] for key in self._keys.values())

    def _forget_keys(self, now: datetime) -> None:
        """Forget the keys of days of which nothing can be in one burst with what comes now."""
        days = {now.date(), (now - BURST_TIME).date()}
        self._keys = {day: key for day, key in self._keys.items() if day in days}
