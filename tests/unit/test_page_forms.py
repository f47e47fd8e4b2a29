"""What a recipient may write on the own page, and what is refused with which sentence."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonmsg.errors import InvalidInput
from anonmsg.models import ACCENTS, MOST_CHARACTERS, THEMES, PageSettings
from anonmsg.page_forms import PROMPT_MAX, PROMPTS_MAX, QUESTION_MAX, TITLE_MAX, SendPageForm, tidy_line
from anonmsg.schemas import parse


def page(**values: object) -> PageSettings:
    return parse(SendPageForm, values).page()


def error(**values: object) -> str:
    """The sentence for the one field that is wrong."""
    with pytest.raises(InvalidInput) as refused:
        page(**values)
    assert list(refused.value.errors) == list(values)
    return next(iter(refused.value.errors.values()))


def test_a_form_with_nothing_in_it_asks_for_the_usual_page() -> None:
    assert page() == PageSettings()
    assert page(title=" ", question="\n", own_prompts="\n \n") == PageSettings()


def test_everything_that_can_be_chosen_is_taken() -> None:
    chosen: dict[str, Any] = {
        "title": "Ann's corner",
        "question": "Ask me anything about the talk",
        "themes": ["work", "kind"],
        "own_prompts": "One?\nTwo?",
        "most_characters": "280",
        "accent": "ocean",
        "is_indexed": True,
    }

    assert page(**chosen) == PageSettings(
        "Ann's corner", "Ask me anything about the talk", ("kind", "work"), ("One?", "Two?"), 280, "ocean", True
    )


@pytest.mark.parametrize(("field", "most"), [("title", TITLE_MAX), ("question", QUESTION_MAX)])
def test_a_line_is_one_line_composed_and_counted_in_code_points(field: str, most: int) -> None:
    assert getattr(page(**{field: "  a \r\n\t b\u00a0c  "}), field) == "a b c"
    assert getattr(page(**{field: "e\u0301" * most}), field) == "é" * most
    assert getattr(page(**{field: "😀" * most}), field) == "😀" * most
    assert error(**{field: "😀" * (most + 1)}) == f"{field.capitalize()} must be at most {most} characters"
    assert error(**{field: "x" * 1_000_000}) == f"{field.capitalize()} must be at most {most} characters"


@pytest.mark.parametrize("field", ["title", "question", "own_prompts"])
@pytest.mark.parametrize(
    "text",
    [
        *("a\x00b", "a\x07b", "a\x1b[31mb", "a\x7fb", "a\u200bb", "a\ufeffb", "a\u2060b"),
        *("\u202eabc", "\u2066abc\u2069", "\u202aabc\u202c"),
    ],
)
def test_what_tricks_the_eye_is_refused(field: str, text: str) -> None:
    assert error(**{field: text}).endswith(" must not contain control characters")


@pytest.mark.parametrize("text", ["👩‍👩‍👧", "می‌خواهم", "שלום\u200f!", "❤\ufe0f", "क्ष"])
def test_what_scripts_and_emoji_need_stays(text: str) -> None:
    assert page(title=text).title == text


@pytest.mark.parametrize("text", ["\u200d", "\u3164", "\u2800\u2800", "\ufe0f"])
def test_what_shows_nothing_is_nothing(text: str) -> None:
    assert page(title=text, question=text, own_prompts=f"{text}\n{text}") == PageSettings()


def test_own_prompts_are_lines_each_once_without_empty_ones() -> None:
    assert page(own_prompts="\r\nb\r\n\r\na\rb \n a").own_prompts == ("b", "a")
    assert len(page(own_prompts="\n".join(map(str, range(PROMPTS_MAX)))).own_prompts) == PROMPTS_MAX
    assert error(own_prompts="\n".join(map(str, range(PROMPTS_MAX + 1)))) == "Write at most 20 ideas"
    assert error(own_prompts="\n" * 100_000) == "Write at most 20 ideas"
    assert page(own_prompts="😀" * PROMPT_MAX).own_prompts == ("😀" * PROMPT_MAX,)
    assert error(own_prompts="fine\n" + "x" * (PROMPT_MAX + 1)) == "Each idea must be at most 140 characters"


@pytest.mark.parametrize("value", [50, 1000, "50", " 1000 ", "0280"])
def test_a_limit_is_a_number_from_50_to_1000(value: object) -> None:
    assert page(most_characters=value).most_characters == int(str(value))


@pytest.mark.parametrize(
    "value", [49, 1001, -1, "49", "1001", "", "x", "１００", "1e3", "9" * 5000, True, 50.0, None, []]
)
def test_anything_else_is_no_limit(value: object) -> None:
    assert error(most_characters=value) == f"Choose a number from 50 to {MOST_CHARACTERS}"


def test_themes_and_colours_are_those_that_there_are() -> None:
    assert page(themes=list(reversed(THEMES))).themes == THEMES
    assert page(themes=["fun", "fun"]).themes == ("fun",)
    assert [page(accent=accent).accent for accent in ACCENTS] == list(ACCENTS)
    for wrong in ("fun", ["nonsense"], [{"$ne": 1}], {"$ne": 1}, None, [["fun"]], 5):
        assert error(themes=wrong) == "Choose from the themes that are listed"
    for wrong in ("red", "", None, ["clay"], {"$ne": 1}, 5):
        assert error(accent=wrong) == "Choose from the colours that are listed"


@pytest.mark.parametrize("wrong", [None, 1, True, ["a"], {"$ne": None}])
def test_other_types_are_refused_in_every_field(wrong: object) -> None:
    assert error(title=wrong) == "Title must be text"
    assert error(question=wrong) == "Question must be text"
    assert error(own_prompts=wrong) == "Your own ideas must be text"
    if wrong is not True:
        assert error(is_indexed=wrong) == "The switch for search engines must be true or false"


@pytest.mark.parametrize("field", ["title", "question", "own_prompts"])
def test_half_characters_are_refused(field: str) -> None:
    assert error(**{field: "ab\ud800"}) == "There is a character in it that can't be used"


def test_a_huge_line_is_refused_quickly_whatever_is_in_it() -> None:
    began = time.perf_counter()
    error(title="a" + "\u0315\u0316" * 100_000)

    assert time.perf_counter() - began < 1


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_what_was_stored_would_be_taken_again_as_it_is(text: str) -> None:
    try:
        line = page(title=text).title
    except InvalidInput:
        return

    assert tidy_line(line, "Title", TITLE_MAX) == line
