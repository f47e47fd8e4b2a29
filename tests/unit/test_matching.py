"""Finding words whatever their case, accents and width."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonmsg.matching import FOLDED, MOST_FOLDED, fold, holds, search_words


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Die KÜCHE war großartig", "kuche grossartig"),
        ("naïve café", "CAFE naive"),
        ("ＦＵＬＬ ｗｉｄｔｈ", "full width"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
        ("Ёлка", "елка"),
        ("ﬁne ligature", "fine"),
        ("İstanbul", "istanbul"),
    ],
)
def test_a_text_holds_words_that_differ_by_case_accents_or_width(text: str, query: str) -> None:
    assert holds(text, search_words(query))


@pytest.mark.parametrize(("text", "query"), [("soup", "soap"), ("one", "one two"), ("", "a")])
def test_all_words_have_to_be_there(text: str, query: str) -> None:
    assert not holds(text, search_words(query))


@given(st.text())
def test_folding_twice_is_folding_once_and_a_text_holds_itself(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert holds(text, search_words(text))


def folded_as_defined(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


@given(st.text())
def test_folding_letter_by_letter_is_folding_the_whole(text: str) -> None:
    assert fold(text) == folded_as_defined(text)


def test_every_letter_there_is_folds_as_defined_and_few_are_remembered() -> None:
    letters = [chr(code) for code in range(sys.maxunicode + 1)]

    wrong = [letter for letter in letters if fold(letter) != folded_as_defined(letter)]

    assert wrong == []
    assert len(FOLDED) <= MOST_FOLDED
