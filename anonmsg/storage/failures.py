"""Turns the driver's ways of saying "the database is away" into the one that the app knows."""

import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from pymongo.errors import ConnectionFailure, ExecutionTimeout, PyMongoError, WaitQueueTimeoutError, WTimeoutError

from anonmsg.errors import AccessRefused, Unavailable

Repository = TypeVar("Repository")

NOT_LET_IN = {13, 18}
"""Error codes of a server that refuses us: Unauthorized, AuthenticationFailed."""

AWAY = (ConnectionFailure, ExecutionTimeout, WaitQueueTimeoutError, WTimeoutError)


def is_away(error: PyMongoError) -> bool:
    """Return whether `error` means that the database can't be reached, not that we asked wrongly."""
    return isinstance(error, AWAY) or error.timeout


def raises_unavailable(repository: type[Repository]) -> type[Repository]:
    """Make every coroutine of `repository` raise `Unavailable` while the database is away."""
    for name, member in vars(repository).items():
        if inspect.iscoroutinefunction(member):
            setattr(repository, name, _translated(member))
    return repository


def _translated(method: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
    @functools.wraps(method)
    async def translated(*args: Any, **kwargs: Any) -> Any:
        try:
            return await method(*args, **kwargs)
        except PyMongoError as error:
            if is_away(error):
                raise Unavailable from error
            if getattr(error, "code", None) in NOT_LET_IN:
                raise AccessRefused from error
            raise

    return translated
