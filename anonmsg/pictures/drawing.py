"""Draws a recipient's pictures. Slow as network requests go, so it belongs on a thread."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from anonmsg.pictures.cards import QUESTION, SIZES, Card, Shape
from anonmsg.pictures.coverage import FONTS
from anonmsg.pictures.lines import IDEOGRAPH, Block, Line, fit, is_right_to_left, runs
from anonmsg.pictures.shapes import Colour, bubble, mark
from anonmsg.pictures.signs import TEXT_FONTS, TITLE_FONTS, Fonts, Sign, readable

WHITE, INK, SOFT = (255, 255, 255), (43, 35, 32), (102, 87, 77)
ACCENTS: dict[str, Colour] = {
    "clay": (0xA8, 0x43, 0x2A),
    "rose": (0xB0, 0x2A, 0x5B),
    "plum": (0x86, 0x39, 0x9A),
    "indigo": (0x4A, 0x4F, 0xB8),
    "ocean": (0x1C, 0x66, 0xA3),
    "teal": (0x0F, 0x6E, 0x70),
    "forest": (0x3A, 0x6B, 0x35),
    "honey": (0x8A, 0x5A, 0x00),
}
"""The colours of send pages in light, as `tokens.css` has them; white can be read on each."""

MOST_BYTES = 60 * 1024
"""How large a file may be; some chats give up on previews that are slow to come."""

PALETTES = (128, 24, 8, 4)
"""How many colours a picture has, fewer where it is too large; to pack it harder takes ten times as long."""

LEADING = 1.22
TITLE_LEADING = 1.12
NAME_GAP = 0.3
"""How far the title is below the name, as a multiple of the name's size; without it large titles seem to touch it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where things stand in a shape, in pixels.

    Attributes:
        bubble: Left, top, right, bottom.
        padding: Between the bubble's edge and its text.
        title: Sizes to try for the title, largest first.
        question: Likewise for the question.
        label: The size of what is small.
        foot: Where the line of the name of the site is.
        centred: Whether that line is in the middle, with the link above it.
    """

    bubble: tuple[int, int, int, int]
    padding: int
    title: tuple[int, ...]
    question: tuple[int, ...]
    label: int
    foot: int
    centred: bool


PLANS: dict[Shape, Plan] = {
    "preview": Plan((56, 52, 1144, 478), 60, (96, 82, 70, 60, 52, 44, 38), (46, 42, 38, 34, 30), 32, 568, False),
    "square": Plan((64, 64, 1016, 800), 72, (112, 96, 82, 70, 60, 50, 42, 34), (56, 50, 44, 40, 36), 38, 1004, True),
    "story": Plan((72, 330, 1008, 1170), 76, (120, 104, 90, 76, 64, 54, 44, 34), (62, 56, 50, 44, 40), 42, 1400, True),
}


@lru_cache(maxsize=64)
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / f"{name}.ttf", size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4096)
def _advance(text: str, name: str, size: int) -> float:
    """Return how wide characters of one font are.

    To tell that, the font works out their shapes, which takes longest for ideographs; these fill a square each.
    """
    if all(map(IDEOGRAPH.match, text)):
        return len(text) * size
    return _font(name, size).getlength(text)


@dataclass(frozen=True, slots=True)
class Text:
    """Signs, and how they are written."""

    signs: list[Sign]
    fonts: Fonts
    right_to_left: bool
    leading: float

    @classmethod
    def of(cls, text: str, fonts: Fonts, leading: float) -> "Text":
        """Return what can be drawn of a text."""
        signs = readable(text, fonts)
        return cls(signs, fonts, is_right_to_left(signs), leading)

    def width(self, line: Line, size: int) -> float:
        """Return how wide a line is."""
        found = runs(line, self.fonts, right_to_left=self.right_to_left)
        return sum(_advance(run.text, run.font, size) for run in found)

    def fit(self, sizes: Sequence[int], width: float, height: float) -> Block:
        """Return the text in lines that fit."""
        return fit(self.signs, sizes, width, height, self.width, self.leading)

    def height(self, block: Block) -> float:
        """Return how much room lines take."""
        return len(block.lines) * block.size * self.leading


def draw(card: Card, shape: Shape) -> bytes:
    """Return a picture as PNG; what is written on it is also in its text chunks."""
    plan = PLANS[shape]
    accent = ACCENTS.get(card.accent, ACCENTS["clay"])
    canvas = Image.new("RGB", SIZES[shape], accent)
    bubble(canvas, plan.bubble, 44, 40, WHITE)
    title, question = _words(card)
    _fill(canvas, plan, title, question, _name(card, title))
    _sign_off(canvas, plan, card, accent)
    return _encode(canvas, title.signs, question.signs)


def _words(card: Card) -> tuple[Text, Text]:
    """Return title and question; what no font of ours can write gives way to what is always there."""
    title = Text.of(card.title, TITLE_FONTS, TITLE_LEADING)
    if not title.signs:
        title = Text.of(f"@{card.username}", TITLE_FONTS, TITLE_LEADING)
    question = Text.of(card.question, TEXT_FONTS, LEADING)
    return title, question if question.signs else Text.of(QUESTION, TEXT_FONTS, LEADING)


def _name(card: Card, title: Text) -> str:
    """Return the username, unless it is the title."""
    name = f"@{card.username}"
    return "" if "".join(sign.text for sign in title.signs) == name else name


def _fill(canvas: Image.Image, plan: Plan, title: Text, question: Text, name: str) -> None:
    """Write into the bubble, in the middle of its height."""
    left, top, right, bottom = plan.bubble
    width, room = right - left - 2 * plan.padding, bottom - top - 2 * plan.padding * 0.7
    gap, small = plan.label * 0.8, plan.label * (LEADING + NAME_GAP) if name else 0
    asked = question.fit(plan.question, width, room * 0.45)
    called = title.fit(plan.title, width, room - question.height(asked) - gap - small)
    taken = title.height(called) + gap + question.height(asked) + small
    at = top + (bottom - top - taken) / 2
    pen, x = ImageDraw.Draw(canvas), left + plan.padding
    if name:
        label = Text.of(name, TEXT_FONTS, LEADING)
        _write(pen, label, Block((label.signs,), plan.label), x, at, width, SOFT, title.right_to_left)
        at += small
    at = _write(pen, title, called, x, at, width, INK, title.right_to_left) + gap
    _write(pen, question, asked, x, at, width, INK, question.right_to_left)


def _write(
    pen: ImageDraw.ImageDraw,
    text: Text,
    block: Block,
    left: float,
    top: float,
    width: float,
    colour: Colour,
    ends: bool,
) -> float:
    """Write lines, each from its own side, and return where the next thing may begin."""
    for line in block.lines:
        x = left + (width - text.width(line, block.size) if ends else 0)
        baseline = top + block.size * (text.leading / 2 + 0.36)
        _write_line(pen, text, line, block.size, (x, baseline), colour)
        top += block.size * text.leading
    return top


def _write_line(
    pen: ImageDraw.ImageDraw, text: Text, line: Line, size: int, at: tuple[float, float], colour: Colour
) -> None:
    x, y = at
    for run in runs(line, text.fonts, right_to_left=text.right_to_left):
        font = _font(run.font, size)
        pen.text((round(x), round(y)), run.text, font=font, fill=colour, anchor="ls", embedded_color=True)
        x += _advance(run.text, run.font, size)


def _sign_off(canvas: Image.Image, plan: Plan, card: Card, accent: Colour) -> None:
    """Write the name of the site, and the link, under the bubble."""
    pen, size = ImageDraw.Draw(canvas), round(plan.label * 1.1)
    left, _, right, _ = plan.bubble
    own = Text.of("anonmsg", TITLE_FONTS, 1)
    height, gap = round(plan.label * 1.7), plan.label * 0.35
    width = height + gap + own.width(own.signs, size)
    x = (left + right - width) / 2 if plan.centred else left
    mark(canvas, round(x), round(plan.foot - height * 0.67), height, WHITE, accent)
    _write_line(pen, own, own.signs, size, (x + height + gap, plan.foot), WHITE)
    _write_link(pen, plan, card, right - left if plan.centred else right - left - width - plan.label)


def _write_link(pen: ImageDraw.ImageDraw, plan: Plan, card: Card, room: float) -> None:
    """Write the link as large as there is room for, above the name of the site or at the other end of its line."""
    link, large = Text.of(card.plain_link, TEXT_FONTS, 1), round(plan.label * 1.1)
    left, _, right, _ = plan.bubble
    block = link.fit(tuple(range(large, plan.label // 2, -2)), room, large)
    for line in block.lines[:1]:
        width = link.width(line, block.size)
        x = (left + right - width) / 2 if plan.centred else right - width
        _write_line(pen, link, line, block.size, (x, plan.foot - (plan.label * 2.6 if plan.centred else 0)), WHITE)


def _encode(canvas: Image.Image, title: Sequence[Sign], question: Sequence[Sign]) -> bytes:
    """Return a PNG with a palette, and with what it says as text (PNG, section 11.3.3)."""
    words = PngImagePlugin.PngInfo()
    words.add_itxt("Title", "".join(sign.written or sign.text for sign in title))
    words.add_itxt("Description", "".join(sign.written or sign.text for sign in question))
    content = b""
    for colours in PALETTES:
        few = canvas.quantize(colours, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        target = io.BytesIO()
        few.save(target, "PNG", compress_level=6, pnginfo=words)
        content = target.getvalue()
        if len(content) <= MOST_BYTES:
            break
    return content
