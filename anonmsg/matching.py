"""Matching: whether a text holds some words, without regard to case, accents and width of letters."""

import unicodedata

MOST_FOLDED = 20_000
"""More letters than all texts of a site are likely to hold; each takes about 150 bytes."""


def _fold_letter(letter: str) -> str:
    letters = unicodedata.normalize("NFKD", letter.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


class _Folded(dict[int, str]):
    """What letters are folded to, found out once for each. Who sends many others only makes it forget."""

    def __missing__(self, code: int) -> str:
        if len(self) >= MOST_FOLDED:
            self.clear()
        self[code] = folded = _fold_letter(chr(code))
        return folded


FOLDED = _Folded()


def fold(text: str) -> str:
    """Return the form in which texts are compared: compatible letters as one, no accents, no case (UAX 15, UTS 10).

    As accents go, their order does not matter, so each letter can be folded for itself. That takes the same short time
    for any text, also for one whose letters stand for many each.
    """
    return text.lower() if text.isascii() else text.translate(FOLDED)


def search_words(query: str) -> tuple[str, ...]:
    """Return what all has to be found for a query."""
    return tuple(fold(query).split())


def holds(text: str, words: tuple[str, ...]) -> bool:
    """Return whether a text holds all words of `search_words`, each also as a part of another."""
    folded = fold(text)
    return all(word in folded for word in words)
