"""What a search has found stays in order, whatever comes when, and falls in two at any place."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from anonmsg.cursors import PLACE_BYTES
from anonmsg.models import Place
from anonmsg.states.found_places import Found

START = datetime(2026, 1, 1, tzinfo=UTC)

places = st.integers(0, 30).map(lambda number: Place(START + timedelta(minutes=number // 2), f"{number:024x}"))


@given(st.lists(st.lists(places)))
def test_whatever_is_found_is_there_once_the_newest_first(parts: list[list[Place]]) -> None:
    found = Found()
    for part in parts:
        found.add(part)

    everything = sorted({place for part in parts for place in part}, reverse=True)
    assert list(found) == everything
    assert len(found) == len(everything)
    assert found.newest() == next(iter(everything), None)


@given(st.lists(places), places, st.integers(1, 5))
def test_a_place_divides_what_was_found(some: list[Place], at: Place, limit: int) -> None:
    found = Found(some)

    assert found.newer_than(at, limit) == [place for place in found if place > at][-limit:]
    assert found.older_than(at, limit) == [place for place in found if place < at][:limit]
    assert (found.newer_than(None, limit), found.older_than(None, limit)) == ([], list(found)[:limit])
    assert list(found.up_to(at)) == [place for place in found if place <= at]
    assert list(found.up_to(None)) == list(found)


@given(st.lists(places), st.frozensets(places))
def test_what_is_gone_was_not_found(some: list[Place], gone: frozenset[Place]) -> None:
    found = Found(some)
    found.discard(gone)

    assert set(found) == set(some) - gone


def test_among_many_that_were_found_few_are_looked_at_to_take_some_out() -> None:
    found, looked_at = Found(Place(START, f"{number:024x}") for number in reversed(range(2**14))), list[int]()

    class Counted(bytearray):
        def __getitem__(self, key: Any) -> Any:
            part = super().__getitem__(key)
            looked_at.append(len(part))
            return part

        def find(self, *arguments: Any) -> int:
            at = super().find(*arguments)
            looked_at.append(len(self) if at < 0 else at)
            return at

    found._packed = Counted(found._packed)
    found.discard([Place(START, f"{number:024x}") for number in (1, 2**13, 2**14 + 1)])

    assert len(found) == 2**14 - 2
    assert sum(looked_at) <= 3 * (14 + 3) * PLACE_BYTES


@given(st.lists(places, unique=True), st.integers(1, 5))
def test_all_ids_come_in_batches(some: list[Place], size: int) -> None:
    found = Found(some)
    batches = list(found.batches(size))

    assert [one for batch in batches for one in batch] == [place.id for place in found]
    assert all(len(batch) <= size for batch in batches)
