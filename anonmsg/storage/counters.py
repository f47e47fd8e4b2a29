"""Short-lived counters for rate limits: in memory, or in Redis where several processes share them."""

import logging
from datetime import datetime, timedelta
from functools import cache

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

NO_TIME = timedelta(0)


class MemoryCounters(Storage):
    """Counters of this process.

    The library's own memory storage looks through all of them at each hit, which a crowd of
    senders would feel; this one does so once a minute.
    """

    STORAGE_SCHEME = None

    def __init__(self, clock: Clock) -> None:
        super().__init__(wrap_exceptions=False)
        self._clock = clock
        self._counts: dict[str, tuple[int, float]] = {}
        self._swept_at = 0.0

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing can fail here."""
        return StorageError

    def _now(self) -> float:
        return self._clock().timestamp()

    def _sweep(self, now: float) -> None:
        if now - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = now
            self._counts = {key: kept for key, kept in self._counts.items() if kept[1] > now}

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, beginning anew when the window is over."""
        now = self._now()
        self._sweep(now)
        count, ends_at = self._counts.get(key, (0, 0.0))
        if ends_at <= now:
            count, ends_at = 0, now + expiry
        self._counts[key] = count + amount, ends_at
        return count + amount

    async def get(self, key: str) -> int:
        """Return what was counted in the present window."""
        count, ends_at = self._counts.get(key, (0, 0.0))
        return count if ends_at > self._now() else 0

    async def get_expiry(self, key: str) -> float:
        """Return when the window ends, in seconds since 1970."""
        return self._counts.get(key, (0, self._now()))[1]

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


@cache
def _windows(limits: str) -> list[RateLimitItem]:
    return sorted(parse_many(limits), key=RateLimitItem.get_expiry)


def are_limits(text: str) -> bool:
    """Return whether `text` is written as limits are."""
    try:
        return bool(_windows(text))
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
    """Counts in windows written like `40/minute; 200/hour`. Keys must not hold anything private."""

    def __init__(self, clock: Clock, redis_url: str | None = None) -> None:
        self._clock = clock
        self._memory = FixedWindowRateLimiter(MemoryCounters(clock))
        self._shared = self._memory
        self._redis: ConnectionPool | None = None
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
        try:
            return await self._count(self._shared, name, key, limits)
        except StorageError:
            log.warning("Redis is away; this process counts by itself until it is back.")
            return await self._count(self._memory, name, key, limits)

    async def _count(self, limiter: FixedWindowRateLimiter, name: str, key: str, limits: str) -> timedelta:
        """Count in the windows from the shortest to the first that is full; what is refused counts in no longer one."""
        for window in _windows(limits):
            if not await limiter.hit(window, name, key):
                return await self._longest_wait(limiter, name, key, limits)
        return NO_TIME

    async def _longest_wait(self, limiter: FixedWindowRateLimiter, name: str, key: str, limits: str) -> timedelta:
        waits = [timedelta(seconds=1)]
        for window in _windows(limits):
            stats = await limiter.get_window_stats(window, name, key)
            if stats.remaining == 0:
                waits.append(min(self._until(stats.reset_time), timedelta(seconds=window.get_expiry())))
        return max(waits)

    def _until(self, moment: float) -> timedelta:
        return datetime.fromtimestamp(moment, tz=self._clock().tzinfo) - self._clock()

    async def used_share(self, name: str, key: str, limits: str) -> float:
        """Return how much of the tightest window is used, 0 to 1."""
        try:
            return await self._used_share(self._shared, name, key, limits)
        except StorageError:
            return await self._used_share(self._memory, name, key, limits)

    async def _used_share(self, limiter: FixedWindowRateLimiter, name: str, key: str, limits: str) -> float:
        shares = [0.0]
        for window in _windows(limits):
            remaining = (await limiter.get_window_stats(window, name, key)).remaining
            shares.append(1 - remaining / window.amount)
        return max(shares)

    async def forget(self, name: str, key: str, limits: str) -> None:
        """Begin at nothing again."""
        for window in _windows(limits):
            await self._memory.clear(window, name, key)
            try:
                await self._shared.clear(window, name, key)
            except StorageError:
                return
