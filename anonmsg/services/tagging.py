"""Tagging: what is noted of a message that is being sent, so that its recipient can defend the inbox."""

import contextlib
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from anonmsg.clock import Clock
from anonmsg.errors import Unavailable
from anonmsg.models import Folder, User

BLOCKED_TTL = timedelta(days=30)
"""How long a blocked sender's message waits under *Filtered*."""

TAG_BYTES = 16


class Tags(Protocol):
    """The stored tags."""

    async def pseudonym(self, recipient_id: str, mark: str) -> bytes: ...
    async def add(self, message_id: str, recipient_id: str, pseudonym: bytes, burst: bytes, now: datetime) -> None: ...


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
    """Makes tags. The key of burst tags is random, lives a day in this process, and is never written anywhere."""

    def __init__(self, tags: Tags, clock: Clock, make_key: Callable[[], bytes]) -> None:
        self._tags = tags
        self._clock = clock
        self._make_key = make_key
        self._day = ""
        self._key = b""

    async def look(self, recipient: User, mark: str, folder: Folder) -> Tagged:
        """Return the sender's pseudonym for a recipient, and where the message goes: aside if that is blocked."""
        pseudonym = await self._tags.pseudonym(recipient.id, mark) if mark else b""
        if pseudonym and pseudonym in recipient.blocked:
            return Tagged(pseudonym, "filtered", self._clock() + BLOCKED_TTL)
        return Tagged(pseudonym, folder)

    async def note(self, recipient: User, message_id: str, tagged: Tagged, client: str) -> None:
        """Store a message's tags. That it can't be done is no reason to tell the sender anything else."""
        with contextlib.suppress(Unavailable):
            burst = self._burst(recipient.id, client)
            await self._tags.add(message_id, recipient.id, tagged.pseudonym, burst, self._clock())

    def _burst(self, recipient_id: str, client: str) -> bytes:
        today = self._clock().date().isoformat()
        if today != self._day:
            self._day, self._key = today, self._make_key()
        return hmac.digest(self._key, f"{recipient_id} {client}".encode(), hashlib.sha256)[:TAG_BYTES]
