"""Which characters a font can draw; Pillow itself draws a box for any other and says nothing."""

import struct
from functools import cache
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"


@cache
def characters(name: str) -> frozenset[int]:
    """Return the code points of a font of ours (OpenType, table `cmap`, format 12).

    Raises:
        ValueError: If its table has another format.
    """
    content = (FONTS / f"{name}.ttf").read_bytes()
    start = _table(content, b"cmap")
    (subtable,) = struct.unpack_from(">I", content, start + 8)
    kind, _, _, _, groups = struct.unpack_from(">HHIII", content, start + subtable)
    if kind != 12:
        raise ValueError(f"{name} lists its characters in another format.")
    first = start + subtable + 16
    found: set[int] = set()
    for low, high, _glyph in struct.iter_unpack(">III", content[first : first + 12 * groups]):
        found.update(range(low, high + 1))
    return frozenset(found)


def _table(content: bytes, name: bytes) -> int:
    """Return where a table begins."""
    (tables,) = struct.unpack_from(">H", content, 4)
    for tag, _sum, offset, _length in struct.iter_unpack(">4sIII", content[12 : 12 + 16 * tables]):
        if tag == name:
            return offset
    raise ValueError("The font has no list of its characters.")
