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
    for size in sizes:
        lines, is_broken = _wrap(signs, lambda line: measure(line, size) <= width)  # noqa: B023  # called at once
        if not is_broken and len(lines) * size * leading <= height:
            return Block(_balanced(signs, lines, size, width, measure), size)
    size = sizes[-1]
    lines, _ = _wrap(signs, lambda line: measure(line, size) <= width)
    most = max(1, int(height // (size * leading)))
    return Block(tuple(_cut(lines, most, lambda line: measure(line, size) <= width)), size)


def _cut(lines: Sequence[Line], most: int, fits: Callable[[Line], bool]) -> list[Line]:
    if len(lines) <= most:
        return list(lines)
    last = list(lines[most - 1])
    while last and (last[-1] == SPACE or not fits([*last, ELLIPSIS])):
        last.pop()
    return [*lines[: most - 1], [*last, ELLIPSIS]]


def _balanced(signs: Line, lines: list[Line], size: int, width: float, measure: Width) -> tuple[Line, ...]:
    """Return as many lines with about the same width, because a single word in the last one looks like a mistake."""
    best = lines
    for share in (0.9, 0.8, 0.7, 0.6, 0.5):
        narrow, is_broken = _wrap(signs, lambda line: measure(line, size) <= width * share)  # noqa: B023  # likewise
        if is_broken or len(narrow) > len(lines):
            break
        best = narrow
    return tuple(best)


def _wrap(signs: Line, fits: Callable[[Line], bool]) -> tuple[list[Line], bool]:
    """Return lines, and whether a word had to be broken for them."""
    lines: list[Line] = []
    line: Line = []
    is_broken = False
    for word in _words(signs):
        if line and not fits(_trimmed([*line, *word])):
            lines.append(_trimmed(line))
            line = []
        line.extend(word)
        while not fits(_trimmed(line)) and len(line) > 1:
            head = max(1, bisect_left(range(1, len(line)), True, key=lambda n: not fits(line[:n])))
            lines.append(line[:head])
            line, is_broken = line[head:], True
    return ([*lines, _trimmed(line)] if line else lines), is_broken


def _trimmed(line: Line) -> Line:
    return line[:-1] if line and line[-1] == SPACE else line


def _words(signs: Line) -> list[Line]:
    """Return what must stay on one line, each with the space behind it; between ideographs a line may end."""
    words: list[Line] = []
    for sign in signs:
        before = words[-1][-1] if words else SPACE
        is_apart = IDEOGRAPH.match(sign.text) or IDEOGRAPH.match(before.text)
        starts = before == SPACE or (
            is_apart and not NEVER_FIRST.match(sign.text) and not NEVER_LAST.match(before.text)
        )
        if words and sign == SPACE:
            words[-1].append(sign)
        elif starts:
            words.append([sign])
        else:
            words[-1].append(sign)
    return words
