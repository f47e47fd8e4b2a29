"""Ids and cursors that tell no time."""

from datetime import UTC, datetime

import pytest

from anonmsg.cursors import encode_cursor
from anonmsg.models import Place
from anonmsg.rules import check_cursor, check_message_id
from anonmsg.veils import Veil

ID = "6b038fe39c3a78b55fe04bdf"
CURSOR = encode_cursor(Place(datetime(2026, 3, 1, tzinfo=UTC), ID))


@pytest.fixture
def veil() -> Veil:
    return Veil(b"k" * 32)


def test_an_id_comes_back_and_is_always_hidden_alike(veil: Veil) -> None:
    hidden = veil.hide_id(ID)

    assert veil.hide_id(ID) == check_message_id(hidden) == hidden
    assert ID[:8] not in hidden
    assert veil.reveal_id(hidden) == ID


def test_a_cursor_comes_back(veil: Veil) -> None:
    hidden = veil.hide_cursor(CURSOR)

    assert check_cursor(hidden) == hidden != CURSOR
    assert veil.reveal_cursor(hidden) == CURSOR
    assert veil.hide_cursor("") == ""


@pytest.mark.parametrize("text", ["", ID, "0" * 32, "x" * 32, "é" * 64, "x" * 64, CURSOR])
def test_what_hides_nothing_stays(veil: Veil, text: str) -> None:
    assert veil.reveal_cursor(text) == text
    assert veil.reveal_id(text) == text


def test_another_key_reveals_nothing(veil: Veil) -> None:
    other = Veil(b"o" * 32)

    assert other.reveal_id(veil.hide_id(ID)) != ID
    assert other.reveal_cursor(veil.hide_cursor(CURSOR)) != CURSOR
