"""Look-alikes: signs and letters that people write in place of a Latin letter, so that a word is not found.

A choice of what is used for that: the confusables of Unicode (UTS 39), "leet" spelling, and what pages that make
"fancy" letters offer. What Unicode itself takes for a form of the same letter (NFKD) needs no place here.
"""

import re
import string
import unicodedata

_LATIN_BLOCKS = ((0x00C0, 0x02AF), (0x1D00, 0x1DBF), (0x1E00, 0x1EFF), (0x2C60, 0x2C7F), (0xA720, 0xA7FF))
_LATIN_NAME = re.compile(r"LATIN (?:SMALL LETTER|LETTER SMALL CAPITAL) ([A-Z])(?: WITH .+)?")


def _latin() -> dict[str, str]:
    """Return letters with hooks or strokes, and small capitals; Unicode has them in their names only."""
    letters = (chr(code) for first, last in _LATIN_BLOCKS for code in range(first, last + 1))
    named = ((letter, _LATIN_NAME.fullmatch(unicodedata.name(letter, ""))) for letter in letters)
    return {letter: name[1].lower() for letter, name in named if name}


# By rows: Latin and IPA, Cyrillic, Greek, Armenian, Cherokee, Lisu, Canadian, money.
_MEANT = {
    "a": "ɑɐʌ" + "а" + "αλ" + "" + "Ꭺ" + "ꓮ" + "ᗩ" + "₳",
    "ae": "æ" + "ӕ",
    "b": "" + "вьҍ" + "β" + "" + "Ᏼ" + "ꓐ" + "ᗷ" + "฿₿",
    "c": "ɔ" + "сҫ" + "ϲ" + "" + "Ꮯ" + "ꓚ" + "ᑕ" + "₵¢",
    "d": "ð" + "ԁ" + "" + "" + "Ꭰ" + "ꓓ" + "ᗪ",
    "e": "əǝɛ" + "еѐҽәє" + "εξ" + "" + "Ꭼ" + "ꓰ",
    "f": "" + "ғ" + "" + "" + "" + "ꓝ" + "ᖴ" + "₣",
    "g": "ɡ" + "ԍ" + "" + "ց" + "Ꮐ" + "ꓖ" + "" + "₲",
    "h": "ɥ" + "нһћђң" + "" + "հ" + "Ꮋ" + "ꓧ" + "ᕼ",
    "i": "ıɩ" + "і" + "ι" + "ւ" + "Ꭵ" + "ꓲ",
    "j": "" + "ј" + "ϳ" + "յ" + "Ꭻ" + "ꓙ" + "ᒍ",
    "k": "ʞ" + "кқҝ" + "κ" + "" + "Ꮶ" + "ꓗ" + "" + "₭",
    "l": "" + "ӏ" + "" + "լ" + "Ꮮ" + "ꓡ" + "ᒪ",
    "m": "ɯ" + "м" + "" + "" + "Ꮇ" + "ꓟ" + "ᗰ" + "₥",
    "n": "ŋ" + "пи" + "ηπ" + "ոն" + "" + "ꓠ" + "ᑎ" + "₦",
    "o": "" + "оөѳ" + "ο" + "օ" + "" + "ꓳ",
    "oe": "œ",
    "p": "" + "рҏ" + "ρ" + "" + "Ꮲ" + "ꓑ" + "ᑭ" + "₱",
    "q": "" + "ԛ" + "" + "գզ" + "" + "" + "ᑫ",
    "r": "ɹ" + "гя" + "" + "" + "Ꮢ" + "ꓣ" + "ᖇ",
    "s": "" + "ѕ" + "ςσ" + "տ" + "Ꮪ" + "ꓢ" + "ᔕ" + "₴",
    "t": "ʇ" + "тҭ" + "τ" + "" + "Ꭲ" + "ꓔ" + "" + "₮",
    "th": "þ",
    "u": "ʊʋ" + "" + "υμ" + "ս" + "" + "ꓴ" + "ᑌ",
    "v": "" + "ѵ" + "ν" + "" + "Ꮩ" + "ꓦ" + "ᐯ",
    "w": "" + "ԝшщѡ" + "ω" + "ա" + "Ꮃ" + "ꓪ" + "ᗯ" + "₩",
    "x": "" + "хҳ" + "χ" + "" + "" + "ꓫ",
    "y": "ʎ" + "уүұ" + "γ" + "" + "Ꭹ" + "ꓬ" + "" + "¥",
    "z": "" + "" + "ζ" + "" + "Ꮓ" + "ꓜ" + "ᘔ",
}
_ENCLOSED = {chr(first + at): one for first in (0x1F150, 0x1F170) for at, one in enumerate(string.ascii_lowercase)}
"""Letters on black circles and squares."""

LETTERS = str.maketrans(_latin() | _ENCLOSED | {letter: meant for meant, some in _MEANT.items() for letter in some})
"""For texts without case."""

CAPITALS = str.maketrans({"Η": "H", "Υ": "Y"})
"""Greek capitals that look like another letter than their small ones do; for texts as they are typed."""

INDICATORS = str.maketrans({chr(0x1F1E6 + at): letter for at, letter in enumerate(string.ascii_lowercase)})
"""Letters of which two make a flag."""

SIGNS = {"0": "o", "2": "z", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s", "€": "e"}
STROKES = "1!|"
"""What stands for `i` or for `l`."""

SIGNS_FOR_I = str.maketrans({**SIGNS, **dict.fromkeys(STROKES, "i")})
SIGNS_FOR_L = str.maketrans({**SIGNS, **dict.fromkeys(STROKES, "l")})
