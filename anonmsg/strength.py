"""How good a new password is: which ones are refused, and what is said of the others while they are typed."""

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

COMMON = 10_000
"""How many of the most common passwords are refused."""

NAME_MIN = 4
"""From this length on, a name counts wherever it is in a password; "Al" is in too many words."""

LITTLE = 4
"""What has fewer characters beside a name is nothing much else."""

TOO_COMMON = "This password is too common. Choose another."
OWN_NAME = "Password must not be your name or email"

FIRST = {TOO_COMMON: "People guess this one first.", OWN_NAME: "It is your name or email."}
"""What is said of the refused ones while they are typed; the refusal itself comes when they are sent."""

RATED = 24
"""How much of a password is rated: what is strong so far stays strong, and the time grows with the square."""

SYMBOLS, SYMBOLS_MAX = "!$%(+<@[{|", 2
"""Symbols that stand for letters. All ten in one password take a second to rate, two some milliseconds."""

SHORT, LONG = 8, 128
WORDS = ("Weak", "Weak", "Fair", "Good", "Strong")
"""What a score is called."""

HINTS = {
    "dictionary": "Common words are quickly guessed.",
    "spatial": "Rows of keys are quickly guessed.",
    "repeat": "Repeats are quickly guessed.",
    "sequence": "Sequences are quickly guessed.",
    "date": "Dates are quickly guessed.",
    "regex": "Years are quickly guessed.",
}
"""What is said of the patterns that zxcvbn finds."""

ENOUGH = 3
"""From this score on nothing more is asked for."""


@dataclass(frozen=True, slots=True)
class Rating:
    """What a person is told about a password.

    Attributes:
        score: 0 to 4, as zxcvbn counts (Wheeler, "zxcvbn: Low-Budget Password Strength Estimation", 2016).
        sentence: The score in words, and what would help.
    """

    score: int
    sentence: str


def refusal(password: str, username: str = "", email: str = "") -> str:
    """Return why a password must not be used, "" if it may (NIST SP 800-63B section 5.1.1.2).

    Args:
        password: The password, not longer than passwords may be.
        username: Whose it is to be, as far as that is known.
        email: Likewise.
    """
    typed = _key(password)
    if typed in _common():
        return TOO_COMMON
    names = (username, email, email.partition("@")[0])
    return OWN_NAME if any(_is_little_more_than(_key(name), typed) for name in names) else ""


def rate(password: str, username: str = "", email: str = "") -> Rating:
    """Return how good a password is. It takes some milliseconds, so it does not belong on the event loop."""
    password = password[:LONG]
    refused = refusal(password, username, email)
    if refused:
        return Rating(0, f"{WORDS[0]}. {FIRST[refused]}")
    if len(password) < SHORT:
        return Rating(0, f"{WORDS[0]}. Too short so far.")
    from zxcvbn import zxcvbn  # its word lists take a while to load

    # Without `user_inputs`: the library keeps them for everybody who is rated at the same time.
    rated: Any = zxcvbn(_with_few_symbols(password[:RATED]))
    score: int = rated["score"]
    return Rating(score, f"{WORDS[score]}. {_hint(rated)}" if score < ENOUGH else WORDS[score])


def _hint(rated: Any) -> str:
    """Return what to say of the longest part of a password that follows a pattern."""
    patterns = [part for part in rated["sequence"] if part["pattern"] in HINTS]
    if not patterns:
        return "Make it longer."
    return HINTS[max(patterns, key=lambda part: len(part["token"]))["pattern"]]


def _with_few_symbols(password: str) -> str:
    kept = [symbol for symbol in dict.fromkeys(password) if symbol in SYMBOLS][:SYMBOLS_MAX]
    return "".join("~" if symbol in SYMBOLS and symbol not in kept else symbol for symbol in password)


def _is_little_more_than(name: str, password: str) -> bool:
    if not name:
        return False
    if password == name or _bare(password) == _bare(name) != "":
        return True
    rest = password.replace(name, "")
    has_name = len(name) >= NAME_MIN and rest != password
    return has_name and (len(rest) < LITTLE or not any(map(str.isalpha, rest)))


def _bare(text: str) -> str:
    """Return a text without the digits and signs at its end."""
    while text and not text[-1].isalpha():
        text = text[:-1]
    return text


def _key(text: str) -> str:
    """Return the form in which passwords that are hashed alike, or differ only by case, are equal."""
    return unicodedata.normalize("NFKC", text).casefold()


@cache
def _common() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # 1.3 MB, which no start waits for

    return frozenset(map(str.casefold, FREQUENCY_LISTS["passwords"][:COMMON]))
