"""Password hashing: bcrypt over a peppered hash, on threads of its own, with a bounded queue."""

import asyncio
import base64
import hashlib
import hmac
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import bcrypt

from anonmsg.errors import Busy

Result = TypeVar("Result")

COST = 12
MARK = "v1$"
"""Says how a stored hash was made, so that a later scheme can tell the two apart."""


class PasswordHasher:
    """Hashes passwords as bcrypt(base64(HMAC-SHA-256(pepper, NFKC(password)))).

    HMAC first, because bcrypt reads only 72 bytes and stops at a zero byte; base64 of 32 bytes is
    44 characters and has none (OWASP Password Storage Cheat Sheet, "Pre-Hashing Passwords with
    bcrypt", "Peppering"). bcrypt lets go of the interpreter while it runs, so threads suffice.
    """

    def __init__(self, pepper: bytes, *, cost: int = COST, threads: int = 1, queue: int = 64) -> None:
        self._pepper = pepper
        self._cost = cost
        self._queue = queue
        self._waiting = 0
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="bcrypt")

    async def hash(self, password: str) -> str:
        """Return the text to store for `password`.

        Raises:
            Busy: If too many passwords wait already.
        """
        hashed = await self._run(lambda: bcrypt.hashpw(self._digest(password), bcrypt.gensalt(self._cost)))
        return MARK + hashed.decode("ascii")

    async def verify(self, password: str, password_hash: str) -> bool:
        """Return whether `password` is the one that `password_hash` was made from.

        Raises:
            Busy: If too many passwords wait already.
        """
        stored = password_hash.removeprefix(MARK).encode("ascii")
        return await self._run(lambda: bcrypt.checkpw(self._digest(password), stored))

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _digest(self, password: str) -> bytes:
        text = unicodedata.normalize("NFKC", password).encode("utf-8")
        return base64.b64encode(hmac.digest(self._pepper, text, hashlib.sha256))

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._waiting >= self._queue:
            raise Busy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1
