"""Passwords: which ones nobody may choose, what is said of the others, and what saying it costs."""

import random
import subprocess
import sys
import time

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from anonmsg.strength import OWN_NAME, SYMBOLS, TOO_COMMON, WORDS, rate, refusal

MOST_SECONDS = 0.1
"""Ten times what the worst takes here; without the limits of `rate` it would be seconds."""


@pytest.mark.parametrize(
    "password", ["password", "PassWord1", "12345678", "QWERTYUIOP", "ｐａｓｓｗｏｒｄ", "iloveyou1"]
)
def test_common_passwords_are_refused_however_they_are_written(password: str) -> None:
    assert refusal(password) == TOO_COMMON


def test_exactly_the_ten_thousand_most_common_are_refused() -> None:
    words = FREQUENCY_LISTS["passwords"]

    assert all(refusal(word) == TOO_COMMON for word in words[:10_000])
    assert refusal(words[10_000]) == ""


@pytest.mark.parametrize(
    "password", ["correct horse battery", "a good long one", "another good password", "x7#Kq!2pLm"]
)
def test_others_are_not(password: str) -> None:
    assert refusal(password, "ann_lee", "ann.lee@example.com") == ""


@pytest.mark.parametrize(
    "password",
    [
        "ann_lee",
        "Ann_Lee",
        "ANN_LEE!!",
        "ann_lee1984",
        "12ann_lee34",
        "!!ann_lee",
        "xyzann_lee",
        "ann.lee@example.com",
        "Ann.Lee@Example.com1",
        "ann.lee2024",
        "ann.lee99@@",
        "ａnn_lee1",
    ],
)
def test_a_password_that_is_ones_own_name_or_address_is_refused(password: str) -> None:
    assert refusal(password, "Ann_Lee", "Ann.Lee@example.com") == OWN_NAME


@pytest.mark.parametrize("password", ["al1984!!", "AL 2024 !", "alalalalal"])
def test_a_short_name_is_refused_with_digits_and_signs_behind_it_only(password: str) -> None:
    assert refusal(password, "al", "post@example.com") == ("" if password == "al" * 5 else OWN_NAME)


@pytest.mark.parametrize("password", ["algae in the pool", "always al dente", "my ann_lee sings", "grandpa ann_lee"])
@pytest.mark.parametrize("name", ["al", "ann_lee"])
def test_a_name_may_be_a_part_of_something_longer(password: str, name: str) -> None:
    assert refusal(password, name, "x@example.com") == ""


def test_a_name_without_letters_does_not_make_all_digits_ones_own_name() -> None:
    assert refusal("73915426", "1984_1", "5@example.com") == ""


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "Weak. Too short so far."),
        ("password1", "Weak. People guess this one first."),
        ("anna_smith1", "Weak. It is your name or email."),
        ("aaaaaaaaaaaa", "Weak. Repeats are quickly guessed."),
        ("zxcvbnm,.", "Weak. Rows of keys are quickly guessed."),
        ("abcdefghijkl", "Weak. Sequences are quickly guessed."),
        ("13.06.1984", "Weak. Dates are quickly guessed."),
        ("correct horse battery", "Strong"),
    ],
)
def test_what_is_said_while_somebody_types(password: str, said: str) -> None:
    assert rate(password, "anna_smith", "a@example.com").sentence == said


def test_better_passwords_have_higher_scores() -> None:
    scores = [
        rate(password).score for password in ("password", "grandmother", "grandmother x4", "grandmother x4 sky Lemon")
    ]

    assert scores == sorted(scores)
    assert (scores[0], scores[-1]) == (0, 4)
    assert len(WORDS) == 5


@pytest.mark.parametrize("password", ["", "\x00" * 9, "\ud800" * 9, "😀" * 200, "x" * 100_000, "\u0300" * 100_000])
def test_nothing_that_can_be_typed_breaks_it(password: str) -> None:
    assert rate(password, password[:300], password[:300]).sentence


def test_no_password_keeps_the_server_busy() -> None:
    """A password of all the signs that may stand for letters takes zxcvbn seconds."""
    dice = random.Random(1)
    rate("warm up now")
    worst = ["".join(dice.sample(SYMBOLS + "0123456789", 20)) * 6 for _ in range(20)]
    worst += ["a" * 128, "0123456789" * 12, "1/1/91" * 20]

    for password in worst:
        began = time.perf_counter()
        rate(password)
        assert time.perf_counter() - began < MOST_SECONDS, password


def test_nothing_that_one_person_typed_is_kept_for_the_next() -> None:
    from zxcvbn.matching import RANKED_DICTIONARIES

    rate("something of hers", "unheard_of_name", "unheard@example.com")

    assert RANKED_DICTIONARIES["user_inputs"] == {}


def test_the_word_lists_are_not_loaded_at_the_start() -> None:
    code = "import sys, anonmsg.strength, anonmsg.schemas; sys.exit('zxcvbn' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
