"""Batches: what several callers ask of the database at the same time goes there in one trip."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

AT_ONCE = 100
"""The most that one trip is for."""

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
Key = TypeVar("Key", bound=Hashable)


class Batches(Generic[Asked, Answer]):
    """Does one trip at a time; what comes meanwhile shares the next one.

    Nobody waits for company: without other callers a trip begins at once. And nobody joins a trip that is under way, so
    an answer is never older than its question.
    """

    def __init__(self, do: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer | Exception]]]) -> None:
        """Have trips done by `do`, which answers in the order of what was asked, or fails for all."""
        self._do = do
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._doing: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Answer:
        """Return the answer, or raise what went wrong with this one or with the whole trip.

        Who stops waiting takes nothing back: the trip is done all the same.
        """
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._doing is None or self._doing.done():
            self._doing = asyncio.create_task(self._do_all())
        return await answer

    async def _do_all(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            answers: Sequence[Answer | Exception]
            try:
                answers = await self._do([asked for asked, _ in some])
            except Exception as error:
                answers = [error] * len(some)
            except asyncio.CancelledError:  # the loop ends; nobody may wait for ever
                for _, waiting in [*some, *self._waiting]:
                    waiting.cancel()
                self._waiting.clear()
                raise
            for (_, waiting), answer in zip(some, answers, strict=True):
                with suppress(asyncio.InvalidStateError):  # who asked has gone
                    waiting.set_exception(answer) if isinstance(answer, Exception) else waiting.set_result(answer)


class GroupRead(Generic[Key, Answer]):
    """Finds things by a key, those of several callers with one query."""

    def __init__(self, find: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Answer]]]) -> None:
        """Find with `find`, which answers what there is."""
        self._find = find
        self._batches = Batches[Key, Answer | None](self._read)

    async def get(self, key: Key) -> Answer | None:
        """Return what has this key."""
        return await self._batches.ask(key)

    async def _read(self, keys: Sequence[Key]) -> Sequence[Answer | None]:
        found = await self._find(list(dict.fromkeys(keys)))
        return [found.get(key) for key in keys]
