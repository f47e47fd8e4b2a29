"""What a search has found: places of messages, the newest first, of which a page shows some that stand together."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from anonmsg.cursors import PLACE_BYTES, pack_place, unpack_place
from anonmsg.models import Place


class Found:
    """Places, each once. They are packed, so that a million of them takes twenty megabytes."""

    def __init__(self, places: Iterable[Place] = ()) -> None:
        self._packed = bytearray()
        self.add(places)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._packed) // PLACE_BYTES

    def __iter__(self) -> Iterator[Place]:
        """Yield all of them, the newest first."""
        return (self._place(number) for number in range(len(self)))

    def add(self, places: Iterable[Place]) -> None:
        """Put more places where they belong."""
        for place in places:
            packed = pack_place(place)
            at = self._at(packed)
            if self._key(at) != packed:
                self._packed[at * PLACE_BYTES : at * PLACE_BYTES] = packed

    def discard(self, places: Iterable[Place]) -> None:
        """Take out places, as far as they are there."""
        for place in places:
            packed = pack_place(place)
            at = self._at(packed)
            if self._key(at) == packed:
                del self._packed[at * PLACE_BYTES : (at + 1) * PLACE_BYTES]

    def newest(self) -> Place | None:
        """Return the first, None if there is none."""
        return self._place(0) if self._packed else None

    def older_than(self, place: Place | None, limit: int) -> list[Place]:
        """Return those that stand next below a place, the first ones if there is none."""
        start = 0
        if place is not None:
            packed = pack_place(place)
            start = self._at(packed)
            start += self._key(start) == packed
        return [self._place(number) for number in range(start, min(start + limit, len(self)))]

    def newer_than(self, place: Place | None, limit: int) -> list[Place]:
        """Return those that stand next above a place, nothing if there is none."""
        end = 0 if place is None else self._at(pack_place(place))
        return [self._place(number) for number in range(max(0, end - limit), end)]

    def up_to(self, newest: Place | None) -> "Found":
        """Return a copy of those that are not newer than a place, of all if there is none."""
        start = 0 if newest is None else self._at(pack_place(newest))
        copy = Found()
        copy._packed = self._packed[start * PLACE_BYTES :]  # it is one of these
        return copy

    def batches(self, size: int) -> Iterator[list[str]]:
        """Yield the ids of all messages, a few at a time."""
        for start in range(0, len(self), size):
            yield [self._place(number).id for number in range(start, min(start + size, len(self)))]

    def _key(self, number: int) -> bytes:
        return bytes(self._packed[number * PLACE_BYTES : (number + 1) * PLACE_BYTES])

    def _place(self, number: int) -> Place:
        return unpack_place(self._key(number))

    def _at(self, packed: bytes) -> int:
        """Return where a place stands or would stand; searches come along from the newest to the oldest."""
        count = len(self)
        if not count or packed < self._key(count - 1):
            return count
        return bisect_left(range(count), True, key=lambda number: self._key(number) <= packed)
