"""Short-lived counters for rate limits: in memory, or in Redis where several processes share them."""

import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TypeVar

from limits import RateLimitItem, parse_many
from limits.aio.storage import RedisStorage
from limits.aio.storage.base import Storage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError
from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import RedisError

from anonmsg.clock import Clock
from anonmsg.errors import Unavailable

log = logging.getLogger(__name__)

SWEEP_SECONDS = 60
REDIS_SECONDS = 0.5
"""How long an answer of Redis is waited for; then this process counts by itself."""

REDIS_PAUSE = timedelta(seconds=5)
"""How long Redis is left alone after it gave no answer, so that its silence does not slow everybody down."""

NO_TIME = timedelta(0)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

Answer = TypeVar("Answer")


class MemoryCounters(Storage):
    """Counters of this process.

    The library's own memory storage looks through all of them at each hit, which a crowd of
    senders would feel; this one does so once a minute.
    """

    STORAGE_SCHEME = None

    def __init__(self, clock: Clock) -> None:
        super().__init__(wrap_exceptions=False)
        self._clock = clock
        self._counts: dict[str, tuple[int, float, int]] = {}
        self._swept_at = 0.0

    def __len__(self) -> int:
        """Return how many counters there are."""
        return len(self._counts)

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing can fail here."""
        return StorageError

    def _now(self) -> float:
        return self._clock().timestamp()

    def _sweep(self, now: float) -> None:
        if abs(now - self._swept_at) >= SWEEP_SECONDS:
            self._swept_at = now
            self._counts = {key: kept for key, kept in self._counts.items() if _lasts(kept[1], kept[2], now)}

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, beginning anew when the window is over."""
        now = self._now()
        self._sweep(now)
        count, ends_at, _ = self._counts.get(key, (0, 0.0, 0))
        if not _lasts(ends_at, expiry, now):
            count, ends_at = 0, now + expiry
        self._counts[key] = count + amount, ends_at, expiry
        return count + amount

    async def get(self, key: str) -> int:
        """Return what was counted in the present window."""
        count, ends_at, expiry = self._counts.get(key, (0, 0.0, 0))
        return count if _lasts(ends_at, expiry, self._now()) else 0

    async def get_expiry(self, key: str) -> float:
        """Return when the window ends, in seconds since 1970."""
        return self._counts.get(key, (0, self._now(), 0))[1]

    async def check(self) -> bool:
        """Return that memory is there."""
        return True

    async def reset(self) -> int:
        """Forget everything."""
        count = len(self._counts)
        self._counts.clear()
        return count

    async def clear(self, key: str) -> None:
        """Forget one counter."""
        self._counts.pop(key, None)


def _lasts(ends_at: float, expiry: int, now: float) -> bool:
    """Return whether a window lasts; one that ends later than it can began before the clock was set back."""
    return now < ends_at <= now + expiry


@cache
def _windows(limits: str) -> list[RateLimitItem]:
    return sorted(parse_many(limits), key=RateLimitItem.get_expiry)


def are_limits(text: str) -> bool:
    """Return whether `text` is written as limits are, each for at least one in some time."""
    try:
        return all(window.amount > 0 and window.get_expiry() > 0 for window in _windows(text))
    except ValueError:
        return False


def _connections(url: str) -> ConnectionPool:
    return ConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType]  # the library's types are half
        url.replace("redis+unix", "unix"), socket_timeout=REDIS_SECONDS, decode_responses=True
    )


async def redis_keeps_data(url: str) -> bool:
    """Return whether a Redis writes what it counts to a disk, which it should not.

    Raises:
        Unavailable: If it can't be reached or does not let us in.
    """
    client = Redis(connection_pool=_connections(url))
    try:
        kept: dict[str, str] = await client.config_get("save", "appendonly")  # pyright: ignore[reportUnknownMemberType]  # the library's types are half
        return bool(kept.get("save")) or kept.get("appendonly") == "yes"
    except RedisError:
        raise Unavailable from None
    finally:
        await client.aclose(close_connection_pool=True)


class RateCounters:
    """Counts in windows written like `40/minute; 200/hour`.

    What is counted goes by a keyed hash, so that counters tell neither names nor which of them belong together.
    """

    def __init__(self, clock: Clock, redis_url: str | None = None, key: bytes = b"") -> None:
        self._clock = clock
        self._key = key
        self._memory = FixedWindowRateLimiter(MemoryCounters(clock))
        self._shared = self._memory
        self._redis: ConnectionPool | None = None
        self._is_away = False
        self._ask_redis_at = LONG_AGO
        if redis_url:
            self._redis = _connections(redis_url)
            storage = RedisStorage(
                f"async+{redis_url}",
                wrap_exceptions=True,
                implementation="redispy",
                connection_pool=self._redis,  # pyright: ignore[reportArgumentType]  # passed on, whatever it is
            )
            self._shared = FixedWindowRateLimiter(storage)

    async def close(self) -> None:
        """Close all connections."""
        if self._redis is not None:
            await self._redis.disconnect()

    async def count(self, name: str, key: str, limits: str) -> timedelta:
        """Count once, and return how long to wait: nothing if it was within the limits."""
        hidden = self._hide(name, key)

        async def count(limiter: FixedWindowRateLimiter) -> timedelta:
            # From the shortest window to the first that is full: what is refused counts in no longer one.
            for window in _windows(limits):
                if not await limiter.hit(window, hidden):
                    return await self._wait(limiter, hidden, limits, 1)
            return NO_TIME

        return await self._ask(count)

    async def wait(self, name: str, key: str, limits: str, share: float) -> timedelta:
        """Return how long a window will last of which at least a share is used; counts nothing."""
        hidden = self._hide(name, key)
        return await self._ask(lambda limiter: self._wait(limiter, hidden, limits, share))

    async def forget(self, name: str, key: str, limits: str) -> None:
        """Begin at nothing again."""
        hidden = self._hide(name, key)

        async def forget(limiter: FixedWindowRateLimiter) -> None:
            for window in _windows(limits):
                await limiter.clear(window, hidden)

        await forget(self._memory)
        await self._ask(forget)

    async def _wait(self, limiter: FixedWindowRateLimiter, hidden: str, limits: str, share: float) -> timedelta:
        """Return the longest time that is left of windows of which a share is used."""
        waits = [NO_TIME]
        for window in _windows(limits):
            used = await limiter.storage.get(window.key_for(hidden))
            if used >= share * window.amount:
                ends_at = await limiter.storage.get_expiry(window.key_for(hidden))
                left = timedelta(seconds=ends_at - self._clock().timestamp())
                waits.append(min(max(left, timedelta(seconds=1)), timedelta(seconds=window.get_expiry())))
        return max(waits)

    def _hide(self, name: str, key: str) -> str:
        return hmac.digest(self._key, f"{name}\0{key}".encode("utf-8", "replace"), hashlib.sha256).hex()[:32]

    async def _ask(self, ask: Callable[[FixedWindowRateLimiter], Awaitable[Answer]]) -> Answer:
        """Ask Redis; without one, or while it is away, memory. After a pause Redis is tried again."""
        if self._redis is None or self._clock() < self._ask_redis_at:
            return await ask(self._memory)
        try:
            answer = await ask(self._shared)
        except StorageError:
            if not self._is_away:
                log.warning("Redis is away; this process counts by itself until it is back.")
            self._is_away, self._ask_redis_at = True, self._clock() + REDIS_PAUSE
            return await ask(self._memory)
        if self._is_away:
            self._is_away = False
            log.warning("Redis is back.")
        return answer
