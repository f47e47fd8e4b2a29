"""Cursors mark a place, and nothing else does."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonmsg.cursors import decode_cursor, encode_cursor
from anonmsg.models import Place
from anonmsg.rules import check_cursor

moments = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)).map(  # made aware just here
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
)
ids = st.binary(min_size=12, max_size=12).map(bytes.hex)


@given(st.builds(Place, moments, ids))
def test_a_cursor_leads_back_to_its_place_and_is_taken_by_forms(place: Place) -> None:
    cursor = encode_cursor(place)

    assert decode_cursor(cursor) == place
    assert check_cursor(cursor) == cursor


@pytest.mark.parametrize("text", ["", "x", "found", "é" * 8, "A" * 27, "A" * 28, "_" * 27, "A" * 400])
def test_what_is_no_cursor_marks_nothing_or_some_place_and_never_fails(text: str) -> None:
    assert decode_cursor(text) is None or len(text) == 27
