"""Look-alikes: signs and letters that people write in place of a Latin letter, so that a word is not found.

A choice of what is used for that, from the confusables of Unicode (UTS 39) and from "leet" spelling.
"""

LATIN = dict(
    zip("øłđħıŧðʟɡɑɩʋʏ" + "ѐ", ("o", "l", "d", "h", "i", "t", "d", "l", "g", "a", "i", "u", "y", "e"), strict=True)
) | {"æ": "ae", "œ": "oe", "þ": "th"}
CYRILLIC = dict(zip("авекмнорстухѕіјԛԝһӏԁѵгпь", "abekmhopctyxsijqwhldvrnb", strict=True))
GREEK = dict(zip("αβγεζηικνορςστυχωϲϳ", "abyeznikvopsstuxwcj", strict=True))
LETTERS = str.maketrans({**LATIN, **CYRILLIC, **GREEK})
"""For texts without case."""

CAPITALS = str.maketrans(dict(zip("ΗΥ", "HY", strict=True)))
"""Greek capitals that look like another letter than their small ones do; for texts as they are typed."""

SIGNS = {"0": "o", "2": "z", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s", "€": "e"}
STROKES = "1!|"
"""What stands for `i` or for `l`."""

SIGNS_FOR_I = str.maketrans({**SIGNS, **dict.fromkeys(STROKES, "i")})
SIGNS_FOR_L = str.maketrans({**SIGNS, **dict.fromkeys(STROKES, "l")})
