"""What a recipient may choose for an inbox."""

from datetime import UTC, datetime, timedelta

import pytest

from anonmsg.choice_forms import CloseAfterForm, MutedForm, PauseForm
from anonmsg.errors import InvalidInput
from anonmsg.models import Opening
from anonmsg.schemas import parse

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_muted_words_are_tidied() -> None:
    form = parse(MutedForm, {"muted": "  hate \r\n\r\nkill   yourself\nHate\n\n"})

    assert form.words() == ("Hate", "kill yourself")


def test_no_words_are_none() -> None:
    assert parse(MutedForm, {"muted": " \n "}).words() == ()


@pytest.mark.parametrize(
    ("muted", "sentence"),
    [
        ("\n".join(f"word {n}" for n in range(201)), "Mute at most 200 words or phrases"),
        ("x" * 100_000, "Mute at most 200 words or phrases"),
        ("x" * 51, "Each word or phrase must be at most 50 characters"),
        ("fine\n!!!", "Each line needs a letter, a number or an emoji"),
        ("a\x00b", "Words must not contain control characters"),
        (5, "This must be text"),
    ],
)
def test_a_list_that_is_none_is_told_in_one_sentence(muted: object, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        parse(MutedForm, {"muted": muted})


def test_the_longest_list_is_taken() -> None:
    lines = [f"{n:03} {'🌷' * 46}" for n in range(200)]

    assert len(parse(MutedForm, {"muted": "\n".join(lines)}).words()) == 200


def test_a_moment_is_taken_in_any_zone() -> None:
    assert parse(PauseForm, {"until": "2026-03-01T13:00:59+01:00"}).opens_at() == NOW


@pytest.mark.parametrize(
    "until", ["", "tomorrow", "2026-03-01T13:00", "2026-03-01", "9999-12-31T23:59-12:00", "x" * 9999]
)
def test_a_moment_that_is_none_is_refused(until: str) -> None:
    with pytest.raises(InvalidInput, match="Choose a day and a time"):
        parse(PauseForm, {"until": until})


@pytest.mark.parametrize("messages", [0, -1, 10_001, 10**400])
def test_a_number_out_of_bounds_is_refused(messages: int) -> None:
    with pytest.raises(InvalidInput, match="Choose a number from 1 to 10,000"):
        parse(CloseAfterForm, {"messages": messages})


@pytest.mark.parametrize(
    ("opening", "is_open", "opens_next"),
    [
        (Opening(True), True, None),
        (Opening(False), False, None),
        (Opening(True, NOW + HOUR), False, NOW + HOUR),
        (Opening(True, NOW), True, None),
        (Opening(True, NOW - HOUR), True, None),
        (Opening(False, NOW + HOUR), False, None),
        (Opening(True, None, 1), True, None),
        (Opening(True, None, 0), False, None),
    ],
)
def test_whether_an_inbox_is_open_follows_from_switch_pause_and_count(
    opening: Opening, is_open: bool, opens_next: datetime | None
) -> None:
    assert (opening.is_open(NOW), opening.opens_next(NOW)) == (is_open, opens_next)
