"""Throttling: how often something may be asked for, by one network, for one person, and on the whole site."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, Protocol, get_args

from anonmsg.errors import TooManyAttempts

Scope = Literal[
    "send per client", "send per recipient", "send per client and recipient", "send",
    "check per client", "connect per client",
    "sign-up per client", "sign-up",
    "verify per client", "resend per client",
    "sign-in per client", "sign-in per account", "sign-in per client and account",
    "reset per client", "confirm per account", "password change per account", "email change per account",
    "mail per address",
    "picture per client",
]  # fmt: skip
"""What is counted. A *client* is an address bucket (a network of people), never an address."""

LIMITS: dict[Scope, str] = {
    # Thirty people in one room write to the same recipient within a minute; half of a limit needs no proof of work.
    "send per client": "150/minute; 1000/hour; 5000/day",
    "send per recipient": "400/minute; 4000/hour",
    "send per client and recipient": "80/minute; 400/hour",
    "send": "6000/minute",
    "check per client": "600/minute",
    "connect per client": "600/minute; 6000/hour",
    "sign-up per client": "40/minute; 120/hour",
    "sign-up": "600/minute",
    "verify per client": "120/minute; 600/hour",
    "resend per client": "60/minute; 200/hour",
    # The wait grows: a minute after five tries, ten minutes after two more, an hour after two more, then a day.
    "sign-in per client and account": "5/minute; 7/10 minutes; 9/hour; 20/day",
    "sign-in per account": "30/10 minutes; 100/hour",
    "sign-in per client": "60/minute; 300/hour",
    "reset per client": "60/hour",  # thirty people in one room: each asks for a link, and then chooses a password
    "confirm per account": "5/minute; 7/10 minutes; 9/hour; 20/day",
    "password change per account": "5/minute; 20/hour",
    "email change per account": "10/hour; 30/day",  # each wish tells whether an address has an account
    "mail per address": "5/hour",
    "picture per client": "240/minute; 3000/hour",
}
"""How often each may happen, in windows written as the library `limits` reads them."""

NEAR = 0.5
"""From this share of a limit on, a sender proves work."""


PROOF_ONCE = "1/20 minutes"
"""How often a proof of work counts; the time is longer than one is good for."""

NO_WAIT = timedelta(0)


class Counters(Protocol):
    """Counters that forget by themselves."""

    async def count(self, name: str, key: str, limits: str) -> timedelta: ...
    async def wait(self, name: str, key: str, limits: str, share: float) -> timedelta: ...
    async def forget(self, name: str, key: str, limits: str) -> None: ...
    async def close(self) -> None: ...


class Throttle:
    """Says no to what comes too often. Everything is counted before it is done, so that nobody overtakes."""

    def __init__(self, counters: Counters, limits: Mapping[Scope, str] | None = None, *, is_on: bool = True) -> None:
        self._counters = counters
        self._limits = {**LIMITS, **(limits or {})}
        self._is_on = is_on

    async def count(self, counted: Mapping[Scope, str]) -> None:
        """Count one act in each scope for its key: a bucket, an id or a name, "" for the whole site.

        What one scope refuses is counted in none, or one flooder would use up what others may do,
        and fill the memory with counters.

        Raises:
            TooManyAttempts: If it is too often in one of them, with the longest wait.
        """
        await self.check(counted)
        await self.add(counted)

    async def add(self, counted: Mapping[Scope, str]) -> None:
        """Count what `check` or `wait_while_near` has just allowed.

        Raises:
            TooManyAttempts: If others were quicker.
        """
        for scope, key in counted.items() if self._is_on else ():
            wait = await self._counters.count(scope, key, self._limits[scope])
            if wait > NO_WAIT:
                raise TooManyAttempts(wait)

    async def check(self, counted: Mapping[Scope, str]) -> None:
        """See whether `count` would allow it; counts nothing.

        Raises:
            TooManyAttempts: If not.
        """
        wait = await self._longest_wait(counted, 1)
        if wait > NO_WAIT:
            raise TooManyAttempts(wait)

    async def wait_while_near(self, counted: Mapping[Scope, str]) -> timedelta:
        """Return how long one of the limits will be near, no time if none is; counts nothing."""
        return await self._longest_wait(counted, NEAR)

    async def _longest_wait(self, counted: Mapping[Scope, str], share: float) -> timedelta:
        waits = [NO_WAIT]
        for scope, key in counted.items() if self._is_on else ():
            waits.append(await self._counters.wait(scope, key, self._limits[scope], share))
        return max(waits)

    async def is_first_use(self, proof_id: str) -> bool:
        """Return whether a proof of work comes for the first time; it counts as used from then on."""
        return await self._counters.count("proof", proof_id, PROOF_ONCE) == NO_WAIT

    async def forget(self, counted: Mapping[Scope, str]) -> None:
        """Begin to count anew, because it was the right person after all."""
        for scope, key in counted.items():
            await self._counters.forget(scope, key, self._limits[scope])

    async def close(self) -> None:
        """Let the counters go."""
        await self._counters.close()


SCOPES: tuple[Scope, ...] = get_args(Scope)
