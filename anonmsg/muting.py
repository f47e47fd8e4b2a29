"""Muted words: whether a text holds one of a list, however it is disguised.

A muted word is found as a whole word, never inside another, so that a short one does not hide innocent texts. Case,
accents, look-alikes, signs for letters, invisible characters and letters that are dragged out do not matter. Letters
that stand alone, with blanks or signs between them, are read as one word; as nobody can tell then where it begins, a
word of at least `LEAST_INSIDE` letters is found anywhere in such a row. Scripts that put no blanks between words are
searched letter by letter.
"""

import functools
import re
from collections.abc import Iterable, Iterator

from anonmsg.lookalikes import CAPITALS, LETTERS, SIGNS, SIGNS_FOR_I, SIGNS_FOR_L, STROKES
from anonmsg.matching import fold

LEAST_INSIDE = 4
CACHED_LISTS = 64

UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800"
    "\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff\U0001f3fb-\U0001f3ff]+"
)
"""What draws nothing, or changes only how the sign before it is drawn."""

# Vowel signs of Indic and related scripts are no letters to `\w`, but parts of words.
_LETTER = r"\w\u0900-\u0dff\u0f00-\u0fff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PICTURE = r"\u2190-\u2bff\U0001f000-\U0001faff"

TOKEN = re.compile(f"[{_LETTER}]+|[{_PICTURE}]")
CHUNK = re.compile(rf"(?<![{_LETTER}])[{_LETTER}]+(?:[^\s{_LETTER}]{{1,3}}[{_LETTER}]+)+")
"""A word with signs inside, such as `ha-te`."""

ROW = re.compile(f"(?<![{_LETTER}])[{_LETTER}](?:[^{_LETTER}]{{1,3}}[{_LETTER}](?![{_LETTER}]))+")
"""Letters that stand alone, such as `h a t e`."""

BETWEEN = re.compile(f"[^{_LETTER}]+")
UNSPACED = re.compile(f"[{_UNSPACED}]")
DISGUISED = re.compile("[" + re.escape("".join(SIGNS) + STROKES) + "]")
WITH_SIGNS = re.compile(rf"[{_LETTER}@$€!|]+")
STRETCH = re.compile(r"(.)\1\1+", re.DOTALL)
RUN = re.compile(r"(.)\1*", re.DOTALL)


def _readings(text: str) -> Iterator[str]:
    """Yield a text in the forms in which it may be read, without case, accents and anything invisible."""
    plain = _plain(text)
    yield plain
    letters = plain if plain.isascii() else _plain(text.translate(CAPITALS)).translate(LETTERS)
    if letters != plain:
        yield letters
    if DISGUISED.search(letters):
        yield WITH_SIGNS.sub(lambda found: _undisguised(found[0], SIGNS_FOR_I), letters)
        if any(stroke in letters for stroke in STROKES):
            yield WITH_SIGNS.sub(lambda found: _undisguised(found[0], SIGNS_FOR_L), letters)


def _plain(text: str) -> str:
    return UNSEEN.sub("", fold(text)).replace("_", " ")


def _undisguised(word: str, signs: dict[int, str]) -> str:
    """Return a word with letters for its signs; a number is one, and an exclamation mark ends a sentence."""
    inner = word.strip("!|")
    return inner.translate(signs) if "@" in inner or any(map(str.isalpha, inner)) else word


class MutedWords:
    """A list of words and phrases, made ready for being looked for."""

    def __init__(self, phrases: Iterable[str]) -> None:
        split = {tuple(TOKEN.findall(reading)) for phrase in phrases for reading in _readings(phrase)} - {()}
        self._words = {tokens[0] for tokens in split if len(tokens) == 1}
        self._phrases = [f" {' '.join(tokens)} " for tokens in split if len(tokens) > 1]
        joined = {"".join(tokens) for tokens in split}
        self._joined = joined
        self._inside = [one for one in joined if len(one) >= LEAST_INSIDE]
        self._unspaced = [one for one in joined if UNSPACED.search(one)]
        self._by_shape: dict[str, list[str]] = {}
        for word in {token for tokens in split for token in tokens} | joined:
            self._by_shape.setdefault(RUN.sub(r"\1", word), []).append(word)

    def are_in(self, text: str) -> bool:
        """Return whether a text holds one of them."""
        return bool(self._joined) and any(map(self._are_in_reading, _readings(text)))

    def _are_in_reading(self, text: str) -> bool:
        is_stretched = STRETCH.search(text) is not None
        tokens: list[str] = TOKEN.findall(text)
        rows = [BETWEEN.sub("", found[0]) for found in ROW.finditer(text)]
        chunks = [BETWEEN.sub("", found[0]) for found in CHUNK.finditer(text)]
        if is_stretched:
            tokens, rows, chunks = ([self._relaxed(one) for one in some] for some in (tokens, rows, chunks))
        if not self._words.isdisjoint(tokens) or not self._joined.isdisjoint(rows + chunks):
            return True
        spaced, run_on = f" {' '.join(tokens)} ", " ".join(rows)
        return (
            any(phrase in spaced for phrase in self._phrases)
            or (bool(rows) and any(word in run_on for word in self._inside))
            or (bool(self._unspaced) and any(word in "".join(tokens) for word in self._unspaced))
        )

    def _relaxed(self, token: str) -> str:
        """Return the muted word that a word with dragged-out letters stands for, else the word as it is.

        No word has a letter three times in a row, so three and more may mean one or two; "good" never means "god".
        """
        if not STRETCH.search(token):
            return token
        for word in self._by_shape.get(RUN.sub(r"\1", token), ()):
            pairs = zip(RUN.finditer(token), RUN.finditer(word), strict=True)
            if all(len(typed[0]) >= 3 or len(typed[0]) == len(meant[0]) for typed, meant in pairs):
                return word
        return token


@functools.lru_cache(CACHED_LISTS)
def muted_words(phrases: tuple[str, ...]) -> MutedWords:
    """Return a list made ready; those of the inboxes that are busy stay so."""
    return MutedWords(phrases)


def holds_muted(text: str, phrases: tuple[str, ...]) -> bool:
    """Return whether a text holds one of some muted words."""
    return muted_words(phrases).are_in(text)


def can_be_muted(phrase: str) -> bool:
    """Return whether there is anything in a phrase that could be found."""
    return any(TOKEN.search(reading) for reading in _readings(phrase))
