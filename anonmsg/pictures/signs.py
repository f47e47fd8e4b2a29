"""Takes a text apart into the signs that our fonts can draw, and leaves out what they can't."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import regex

from anonmsg.pictures.coverage import FONTS, characters

EMOJI = "Twemoji"

Fonts = tuple[str, ...]
"""Names of fonts; the first that has a sign draws it."""

TITLE_FONTS: Fonts = (
    "NotoSerif-Bold", "NotoNaskhArabic-Bold", "NotoSerifHebrew-Bold", "NotoSerifArmenian-Bold",
    "NotoSerifGeorgian-Bold", "NotoSansSymbols2-Regular", "NotoSansMath-Regular", "DroidSansFallback",
)  # fmt: skip
TEXT_FONTS: Fonts = (
    "NotoSans-Regular", "NotoSansArabic-Regular", "NotoSansHebrew-Regular", "NotoSansArmenian-Regular",
    "NotoSansGeorgian-Regular", "NotoSansSymbols2-Regular", "NotoSansMath-Regular", "DroidSansFallback",
)  # fmt: skip

FIRST_SEQUENCE = 0xF0000
"""Where the emoji font keeps what is made of several code points, in the order of `sequences.txt`."""

MOST_CHARACTERS = 400
"""How much of a text is read, more than titles and questions may have; what is longer fits on no picture."""

GRAPHEME = regex.compile(r"\X")
UNSEEN = regex.compile(r"[\p{Cf}\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Variation_Selector}\u034f--[\u200c]]", regex.V1)
MARKS = regex.compile(r"[\p{Mn}\p{Me}]")
NON_JOINER = "\u200c"
TONE = regex.compile(r"\p{Emoji_Modifier}")
SHOWN_AS_EMOJI = regex.compile(r"\p{Emoji_Presentation}|\p{Emoji}\ufe0f|\p{Emoji}\p{Emoji_Modifier}")
LEFT_OUT = "\0"
EMPTY = regex.compile(rf"""[\p{{Ps}}\p{{Pi}}"'][ {LEFT_OUT}]*{LEFT_OUT}[ {LEFT_OUT}]*[\p{{Pe}}\p{{Pf}}"']""")
"""Brackets and quotation marks around nothing but what was left out."""

PLACEHOLDERS = range(0x2500, 0x25A0)
"""Boxes and blocks, which no text needs, stand for emoji while a line gets its direction: both are neutral."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What people see as one character.

    Attributes:
        text: Its code points; of an emoji the one under which the font has it.
        written: Of an emoji its code points, "" for what is none.
    """

    text: str
    written: str = ""

    @property
    def is_emoji(self) -> bool:
        """Whether the emoji font draws it."""
        return bool(self.written)


SPACE = Sign(" ")


@cache
def _sequences() -> dict[str, str]:
    lines = (FONTS / "sequences.txt").read_text("utf-8").splitlines()
    return {line: chr(FIRST_SEQUENCE + number) for number, line in enumerate(lines)}


@lru_cache(maxsize=4096)
def font_of(text: str, fonts: Fonts) -> str:
    """Return the first font that has all of a text, "" if none has."""
    points = {ord(sign) for sign in text if sign != NON_JOINER}
    return next((name for name in fonts if points <= characters(name)), "")


def readable(text: str, fonts: Fonts) -> list[Sign]:
    """Return the signs of a text that can be drawn, with single spaces between words."""
    graphemes = GRAPHEME.findall(unicodedata.normalize("NFC", text[:MOST_CHARACTERS]))
    signs: list[Sign] = []
    for sign in _without_empty([_sign(grapheme, fonts) for grapheme in graphemes]):
        if sign != SPACE or (signs and signs[-1] != SPACE):
            signs.append(sign)
    return signs[:-1] if signs and signs[-1] == SPACE else signs


def _without_empty(signs: Sequence[Sign | None]) -> list[Sign]:
    """Return the signs without those that were left out, and without brackets that have nothing in them therefore."""
    shape = "".join(sign.text[0] if sign else LEFT_OUT for sign in signs)
    while found := EMPTY.search(shape):
        shape = shape[: found.start()] + LEFT_OUT * len(found[0]) + shape[found.end() :]
    return [sign for sign, kept in zip(signs, shape, strict=True) if sign and kept != LEFT_OUT]


def _sign(grapheme: str, fonts: Fonts) -> Sign | None:
    if grapheme.isspace():
        return SPACE
    emoji = _emoji(grapheme)
    if emoji:
        return Sign(emoji, written=grapheme)
    seen = UNSEEN.sub("", grapheme)
    # Marks that are no part of a letter would stand beside it, because nothing places them here.
    seen = MARKS.sub("", seen)
    if not seen.strip(NON_JOINER):
        return None
    plain = unicodedata.normalize("NFKC", seen)  # of fancy letters those that they stand for
    for tried in (seen, plain, plain.lower()):
        if font_of(tried, fonts) and ord(tried[0]) not in PLACEHOLDERS:
            return Sign(tried)
    return Sign(seen, written=seen) if len(seen) == 1 and ord(seen) in characters(EMOJI) else None


def _emoji(grapheme: str) -> str:
    """Return the code point of an emoji, "" for what is none; of one that is too new its first part."""
    if not SHOWN_AS_EMOJI.match(grapheme) and not (
        len(grapheme) > 1 and grapheme.replace("\ufe0f", "") in _sequences()
    ):
        return ""
    whole = grapheme.replace("\ufe0f", "")
    for tried in (whole, TONE.sub("", whole), whole[0]):
        if tried in _sequences():
            return _sequences()[tried]
        if len(tried) == 1 and ord(tried) in characters(EMOJI):
            return tried
    return ""
