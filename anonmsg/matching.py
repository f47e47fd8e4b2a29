"""Matching: whether a text holds some words, without regard to case, accents and width of letters."""

import unicodedata


def fold(text: str) -> str:
    """Return the form in which texts are compared: compatible letters as one, no accents, no case (UAX 15, UTS 10)."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


def search_words(query: str) -> tuple[str, ...]:
    """Return what all has to be found for a query."""
    return tuple(fold(query).split())


def holds(text: str, words: tuple[str, ...]) -> bool:
    """Return whether a text holds all words of `search_words`, each also as a part of another."""
    folded = fold(text)
    return all(word in folded for word in words)
