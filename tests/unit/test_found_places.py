"""What a search has found stays in order, whatever comes when, and falls in two at any place."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from anonmsg.models import Place
from anonmsg.states.found_places import joined, newer_than, older_than, without

START = datetime(2026, 1, 1, tzinfo=UTC)

places = st.integers(0, 30).map(lambda number: Place(START + timedelta(minutes=number // 2), f"{number:024x}"))


@given(st.lists(st.lists(places)))
def test_whatever_is_found_is_there_once_the_newest_first(parts: list[list[Place]]) -> None:
    found: tuple[Place, ...] = ()
    for part in parts:
        found = joined(found, part)

    assert list(found) == sorted({place for part in parts for place in part}, reverse=True)


@given(st.lists(places), places)
def test_a_place_divides_what_was_found(some: list[Place], at: Place) -> None:
    found = joined((), some)

    assert newer_than(found, at) == tuple(place for place in found if place > at)
    assert older_than(found, at) == tuple(place for place in found if place < at)
    assert (newer_than(found, None), older_than(found, None)) == ((), found)


@given(st.lists(places), st.frozensets(places))
def test_what_is_gone_was_not_found(some: list[Place], gone: frozenset[Place]) -> None:
    left = without(joined((), some), {place.id for place in gone})

    assert set(left) == set(some) - gone
