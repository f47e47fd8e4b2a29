"""Muted words: whether a text holds one of a list, however it is disguised.

A muted word is found as a whole word, never inside another, so that a short one does not hide innocent texts. Case,
accents, look-alikes, signs for letters, invisible characters and letters that are dragged out do not matter. Letters
that stand alone, with blanks or signs between them, are read as one word; as nobody can tell then where it begins, a
word of at least `LEAST_INSIDE` letters is found anywhere in such a row, and one of three beside `I`, `u` or `ur`. A
word may also begin where there is more between letters than elsewhere. Scripts that put no blanks between words are
searched letter by letter.

A star is no letter: `h*te` may be many words, and to guess would hide innocent texts.
"""

import functools
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from anonmsg.lookalikes import CAPITALS, INDICATORS, LETTERS, SIGNS, SIGNS_FOR_I, SIGNS_FOR_L, STROKES
from anonmsg.matching import fold

LEAST_INSIDE = 4
LEAST_BESIDE = 3
BESIDE = "iaurя"
"""Words of one letter, which also stand before or after a word that is written letter by letter."""

CACHED_LISTS = 64

UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800"
    "\u0488\u0489\u1abe\u20dd-\u20e4\ua670-\ua672\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U0001f3fb-\U0001f3ff]+"
)
"""What draws nothing, or changes only how the sign before it is drawn."""

# Vowel signs of Indic and related scripts are no letters to `\w`, but parts of words.
_VOWEL_SIGNS = r"\u0900-\u0dff\u0f00-\u0fff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PICTURE = r"\u2190-\u2bff\U0001f000-\U0001faff"
_INDICATOR = r"\U0001f1e6-\U0001f1ff"
_SIGN = re.escape("".join(SIGNS) + STROKES)


class _Patterns(NamedTuple):
    """How a text is taken apart; each pattern reads every part of a text a fixed number of times, whatever it holds.

    Attributes:
        token: A word, or a picture.
        chunk: A word with signs inside, such as `ha-te`.
        row: Letters that stand alone, such as `h a t e`.
        between: What is between letters.
        disguised: A word with signs for letters.
    """

    token: re.Pattern[str]
    chunk: re.Pattern[str]
    row: re.Pattern[str]
    between: re.Pattern[str]
    disguised: re.Pattern[str]


def _patterns(letter: str, no_sign: str) -> _Patterns:
    """Return the patterns for texts of some letters, which are given with digits, and as one that is no sign."""
    return _Patterns(
        token=re.compile(f"[{letter}]+|[{_PICTURE}]"),
        chunk=re.compile(rf"(?<![{letter}])[{letter}]++(?:[^\s{letter}]++[{letter}]++)++"),
        row=re.compile(f"(?<![{letter}])[{letter}](?:[^{letter}]++[{letter}](?![{letter}]))++"),
        between=re.compile(f"[^{letter}]+"),
        disguised=re.compile(f"(?<![{letter}@$€!|]){no_sign}*+[{_SIGN}][{letter}@$€!|]*+"),
    )


ASCII = _patterns("a-z0-9", "[a-z6]")
"""For texts that hold nothing else any more; several times as quick."""

ANY = _patterns(rf"\w{_VOWEL_SIGNS}", rf"(?:[^\W{_SIGN}]|[{_VOWEL_SIGNS}])")

UNSPACED = re.compile(f"[{_UNSPACED}]")
SIGN = re.compile(f"[{_SIGN}]")
GREEK_CAPITAL = re.compile("[" + "".join(map(chr, CAPITALS)) + "]")
NO_FLAG = re.compile(f"(?<![{_INDICATOR}])(?:[{_INDICATOR}]|[{_INDICATOR}]{{3,}}+)(?![{_INDICATOR}])")
"""Letters of flags, one or many; two are a flag."""

STRETCH = re.compile(r"(.)\1\1+", re.DOTALL)
RUN = re.compile(r"(.)\1*", re.DOTALL)


def _readings(text: str) -> Iterator[tuple[str, dict[int, str]]]:
    """Yield a text in the forms in which it may be read, and the signs that are read as letters.

    All are without case, accents and anything invisible.
    """
    plain = _plain(text)
    yield plain, {}
    letters = plain if plain.isascii() else _latin(text, plain)
    if letters != plain:
        yield letters, {}
    if SIGN.search(letters):
        pattern = _patterns_for(letters).disguised
        yield pattern.sub(lambda found: _undisguised(found[0], SIGNS_FOR_I), letters), SIGNS_FOR_I
        if any(stroke in letters for stroke in STROKES):
            yield pattern.sub(lambda found: _undisguised(found[0], SIGNS_FOR_L), letters), SIGNS_FOR_L


def _plain(text: str) -> str:
    return UNSEEN.sub("", fold(text)).replace("_", " ")


def _latin(text: str, plain: str) -> str:
    """Return a text with Latin letters for those that look like them."""
    looked_at = _plain(text.translate(CAPITALS)) if GREEK_CAPITAL.search(text) else plain
    return NO_FLAG.sub(lambda found: found[0].translate(INDICATORS), looked_at.translate(LETTERS))


def _undisguised(word: str, signs: dict[int, str]) -> str:
    """Return a word with letters for its signs; a number is one, and an exclamation mark ends a sentence."""
    if word.isdecimal():
        return word
    inner = word.strip("!|")
    return inner.translate(signs) if "@" in inner or any(map(str.isalpha, inner)) else word


def _patterns_for(text: str) -> _Patterns:
    return ASCII if text.isascii() else ANY


def _joined(parts: str, between: re.Pattern[str], signs: dict[int, str]) -> str:
    """Return letters that stand apart as one word."""
    word = between.sub("", parts)
    return _undisguised(word, signs) if signs and len(word) >= LEAST_BESIDE else word


def _pieces(row: str, between: re.Pattern[str]) -> list[str]:
    """Return the words of a row of letters: those begin where there is more between two letters than elsewhere."""
    gaps: list[str] = between.findall(row)
    if len(gaps) == 1:
        return []
    widths = {gap: ("\n" in gap, " " in gap, len(gap)) for gap in set(gaps)}
    least = min(widths.values())
    wide = {gap for gap, width in widths.items() if width > least}
    if not wide:
        return []
    letters = between.split(row)
    pieces = [letters[0]]
    for gap, letter in zip(gaps, letters[1:], strict=True):
        if gap in wide:
            pieces.append(letter)
        else:
            pieces[-1] += letter
    return pieces


def _beside(row: str) -> Iterator[str]:
    """Yield the parts of a row of letters that stand beside words of one letter, such as `I`, `u` or `u r`."""
    before = 0 if row[0] not in BESIDE else 1 if row[1] not in BESIDE else 2
    for end in (len(row), len(row) - 1) if row[-1] in BESIDE else (len(row),):
        yield from (row[start:end] for start in range(before + 1) if LEAST_BESIDE <= end - start < len(row))


def _tokens(phrase: str) -> set[tuple[str, ...]]:
    """Return the words of a phrase in all its readings; one letter is only what it is, not what it looks like."""
    plain, *others = (tuple(_patterns_for(reading).token.findall(reading)) for reading, _ in _readings(phrase))
    return ({plain} | {tokens for tokens in others if len("".join(tokens)) > 1}) - {()}


class MutedWords:
    """A list of words and phrases, made ready for being looked for."""

    def __init__(self, phrases: Iterable[str]) -> None:
        split = {tokens for phrase in phrases for tokens in _tokens(phrase)}
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
        return bool(self._joined) and any(self._are_in_reading(*reading) for reading in _readings(text))

    def _are_in_reading(self, text: str, signs: dict[int, str]) -> bool:
        patterns = _patterns_for(text)
        tokens: list[str] = patterns.token.findall(text)
        if STRETCH.search(text):
            tokens = [self._relaxed(token) for token in tokens]
        spaced = f" {' '.join(tokens)} "
        return (
            not self._words.isdisjoint(tokens)
            or any(phrase in spaced for phrase in self._phrases)
            or self._are_apart(set(patterns.row.findall(text)), patterns.between, signs)
            or self._are_joined(_joined(chunk, patterns.between, signs) for chunk in set(patterns.chunk.findall(text)))
            or (bool(self._unspaced) and any(word in "".join(tokens) for word in self._unspaced))
        )

    def _are_apart(self, rows: set[str], between: re.Pattern[str], signs: dict[int, str]) -> bool:
        """Return whether one of them stands in rows of letters."""
        whole = [_joined(row, between, signs) for row in rows]
        run_on = " ".join(whole)
        return (
            self._are_joined(whole)
            or (bool(whole) and any(word in run_on for word in self._inside))
            or self._are_joined(_joined(piece, between, signs) for row in rows for piece in _pieces(row, between))
            or self._are_joined(part for row in whole if len(row) > LEAST_BESIDE for part in _beside(row))
        )

    def _are_joined(self, words: Iterable[str]) -> bool:
        return any(self._relaxed(word) in self._joined for word in words)

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
    return bool(_tokens(phrase))
