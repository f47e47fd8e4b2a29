"""Lays text out: words into lines, lines from right to left where they are, and each size only if it fits."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import cast

import regex
from arabic_reshaper import ArabicReshaper  # pyright: ignore[reportMissingTypeStubs]  # it has none
from bidi import get_display  # pyright: ignore[reportMissingTypeStubs]  # it has none
from bidi.mirror import MIRRORED  # pyright: ignore[reportMissingTypeStubs]  # likewise

from anonmsg.pictures.signs import EMOJI, NON_JOINER, PLACEHOLDERS, SPACE, Fonts, Sign, font_of

RIGHT_TO_LEFT = frozenset({"R", "AL"})
IDEOGRAPH = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\u3000-\u303f\uff01-\uff60]")
NEVER_LAST = regex.compile(r"[\p{Ps}\p{Pi}]")
NEVER_FIRST = regex.compile(r"[\p{Pe}\p{Pf}\p{Po}ー]")
ELLIPSIS = Sign("…")

_reshape = cast(Callable[[str], str], ArabicReshaper({"delete_harakat": True, "support_ligatures": True}).reshape)

AFTER = "\u034f"
"""An unseen mark that stays with the bracket before it, and comes to stand before it where that is turned around."""

BRACKETS: dict[str, str] = MIRRORED
MARKED = re.compile(f"{AFTER}(?P<turned>.)|(?P<kept>[{re.escape(''.join(BRACKETS))}]){AFTER}")

Line = list[Sign]
Width = Callable[[Line, int], float]
"""How wide a line is at a size, in pixels."""


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one font, in the order in which they stand on the screen."""

    text: str
    font: str


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one size."""

    lines: tuple[Line, ...]
    size: int


class Laid:
    """Words that are laid out in several sizes and widths, and measured once in each size.

    A line is as wide as its words together: letters join, and pairs of them stand closer, only inside a word.
    """

    def __init__(self, words: Sequence[Line], measure: Width) -> None:
        self._words = words
        self._measure = measure
        self._widths: dict[int, list[tuple[float, float]]] = {}

    def breaks(self, size: int, room: float) -> bool:
        """Return whether a word is too long for a line."""
        return any(bare > room for bare, _ in self._sized(size))

    def wrapped(self, size: int, room: float) -> list[Line]:
        """Return lines."""
        lines: list[Line] = []
        line: Line = []
        taken = 0.0
        for word, (bare, whole) in zip(self._words, self._sized(size), strict=True):
            if line and taken + bare > room:
                lines.append(_trimmed(line))
                line, taken = [], 0.0
            if bare > room:
                *heads, word = self._broken(word, size, room)
                lines.extend(heads)
                whole = self._measure(word, size)
            line = [*line, *word]
            taken += whole
        return [*lines, _trimmed(line)] if line else lines

    def _sized(self, size: int) -> list[tuple[float, float]]:
        """Return the widths of each word, without the space behind it and with it."""
        if size not in self._widths:
            space = self._measure([SPACE], size)
            bare = [(self._measure(_trimmed(word), size), word[-1] == SPACE) for word in self._words]
            self._widths[size] = [(width, width + space if has_space else width) for width, has_space in bare]
        return self._widths[size]

    def _broken(self, word: Line, size: int, room: float) -> list[Line]:
        """Return a long word in parts that fit, each as long as it may be."""
        parts: list[Line] = []
        while len(word) > 1 and self._measure(_trimmed(word), size) > room:
            tried = [word[:length] for length in range(1, len(word))]
            head = max(1, bisect_left(tried, True, key=lambda part: self._measure(part, size) > room))
            parts.append(word[:head])
            word = word[head:]
        return [*parts, word]


def is_right_to_left(signs: Iterable[Sign]) -> bool:
    """Return whether the first letter says so (UAX #9, rules P2 and P3)."""
    for sign in signs:
        kind = "" if sign.is_emoji else unicodedata.bidirectional(sign.text[0])
        if kind == "L" or kind in RIGHT_TO_LEFT:
            return kind != "L"
    return False


def runs(line: Line, fonts: Fonts, *, right_to_left: bool) -> list[Run]:
    """Return what is drawn from left to right.

    Letters are joined and turned around here (UAX #9), not by Pillow: it needs the system's FriBiDi for that, and
    many systems have none.
    """
    emoji = list(dict.fromkeys(sign.text for sign in line if sign.is_emoji))
    holders = dict(zip(emoji, map(chr, PLACEHOLDERS), strict=False))
    text = "".join(holders.get(sign.text, "") if sign.is_emoji else sign.text for sign in line)
    if right_to_left or any(unicodedata.bidirectional(sign) in {"R", "AL", "AN"} for sign in text):
        text = _as_seen(_reshape(text).replace(NON_JOINER, ""), right_to_left=right_to_left)
    behind = {holder: sign for sign, holder in holders.items()}
    placed = [(behind.get(sign, sign), EMOJI if sign in behind else font_of(sign, fonts)) for sign in text]
    return [
        Run("".join(sign for sign, _ in group), font) for font, group in groupby(placed, lambda each: each[1]) if font
    ]


def _as_seen(text: str, *, right_to_left: bool) -> str:
    """Return the characters of a line from left to right, with brackets mirrored (UAX #9, rules L2 and L4)."""
    marked = "".join(sign + AFTER if sign in BRACKETS else sign for sign in text)
    shown = cast(str, get_display(marked, base_dir="R" if right_to_left else "L"))  # it mirrors nothing itself
    return MARKED.sub(lambda found: found["kept"] or BRACKETS[found["turned"]], shown)


def fit(signs: Line, sizes: Sequence[int], width: float, height: float, measure: Width, leading: float) -> Block:
    """Return lines in the largest size in which they fit; at the smallest a long text ends with an ellipsis.

    Args:
        signs: What to write.
        sizes: The sizes to try, largest first.
        width: How wide a line may be.
        height: How high all lines may be.
        measure: Measures a line.
        leading: The height of a line as a multiple of its size.
    """
    laid = Laid(_words(signs), measure)

    def fits(size: int) -> bool:
        return not laid.breaks(size, width) and len(laid.wrapped(size, width)) * size * leading <= height

    found = bisect_left(sizes, True, key=fits)  # what fits in a size also fits in each that is smaller
    if found < len(sizes):
        return Block(_balanced(laid, sizes[found], width), sizes[found])
    size = sizes[-1]
    most = max(1, int(height // (size * leading)))
    return Block(tuple(_cut(laid.wrapped(size, width), most, lambda line: measure(line, size) <= width)), size)


def _cut(lines: Sequence[Line], most: int, fits: Callable[[Line], bool]) -> list[Line]:
    if len(lines) <= most:
        return list(lines)
    last = list(lines[most - 1])
    while last and (last[-1] == SPACE or not fits([*last, ELLIPSIS])):
        last.pop()
    return [*lines[: most - 1], [*last, ELLIPSIS]]


def _balanced(laid: Laid, size: int, width: float) -> tuple[Line, ...]:
    """Return as many lines with about the same width, because a single word in the last one looks like a mistake."""
    best = laid.wrapped(size, width)
    most = len(best)
    for share in (0.9, 0.8, 0.7, 0.6, 0.5):
        narrow = [] if laid.breaks(size, width * share) else laid.wrapped(size, width * share)
        if not 0 < len(narrow) <= most:
            break
        best = narrow
    return tuple(best)


def _trimmed(line: Line) -> Line:
    return line[:-1] if line and line[-1] == SPACE else line


def _words(signs: Line) -> list[Line]:
    """Return what must stay on one line, each with the space behind it; between ideographs or emoji a line may end."""
    words: list[Line] = []
    for sign in signs:
        before = words[-1][-1] if words else SPACE
        is_apart = IDEOGRAPH.match(sign.text) or IDEOGRAPH.match(before.text)
        starts = (
            before == SPACE
            or (sign.is_emoji and before.is_emoji)
            or (is_apart and not NEVER_FIRST.match(sign.text) and not NEVER_LAST.match(before.text))
        )
        if words and sign == SPACE:
            words[-1].append(sign)
        elif starts:
            words.append([sign])
        else:
            words[-1].append(sign)
    return words
