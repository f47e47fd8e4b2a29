"""The few shapes of the pictures, with smooth edges: drawn large as masks and made smaller."""

from functools import lru_cache

from PIL import Image, ImageDraw

SMOOTH = 3
"""How many times larger than it is shown a shape is drawn."""

Colour = tuple[int, int, int]


def bubble(canvas: Image.Image, box: tuple[int, int, int, int], radius: int, tail: int, colour: Colour) -> None:
    """Draw a speech bubble.

    Args:
        canvas: What to draw on.
        box: Left, top, right and bottom of the bubble without its tail.
        radius: Of its corners.
        tail: How far its tail hangs down.
        colour: Its colour.
    """
    left, top, right, bottom = box
    canvas.paste(colour, (left, top), _bubble(right - left, bottom - top, radius, tail))


@lru_cache(maxsize=8)
def _bubble(width: int, height: int, radius: int, tail: int) -> Image.Image:
    """Return a mask; all pictures of a shape have the same, and to draw it takes a fifth of their time."""
    mask = Image.new("L", (width * SMOOTH, (height + tail) * SMOOTH), 0)
    pen, bottom = ImageDraw.Draw(mask), height * SMOOTH
    pen.rounded_rectangle((0, 0, width * SMOOTH - 1, bottom - 1), radius * SMOOTH, fill=255)
    start, drop = radius * SMOOTH, tail * SMOOTH
    pen.polygon([(start, bottom - drop), (start, bottom + drop - 1), (start + 2 * drop, bottom - 1)], fill=255)
    return mask.reduce(SMOOTH)


def mark(canvas: Image.Image, left: int, top: int, size: int, colour: Colour, flap: Colour) -> None:
    """Draw the mark: an envelope that is also a speech bubble (the same lines as `favicon.svg`)."""
    unit = size / 32
    box = (left + round(3 * unit), top + round(5 * unit), left + round(29 * unit), top + round(24 * unit))
    bubble(canvas, box, round(4 * unit), round(4.5 * unit), colour)
    mask = Image.new("L", (size * SMOOTH, size * SMOOTH), 0)
    points = [(x * unit * SMOOTH, y * unit * SMOOTH) for x, y in ((8.5, 10.5), (16, 16.2), (23.5, 10.5))]
    pen, thick = ImageDraw.Draw(mask), 2.2 * unit * SMOOTH
    pen.line(points, fill=255, width=round(thick), joint="curve")
    for x, y in (points[0], points[-1]):
        pen.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=255)
    canvas.paste(flap, (left, top), mask.reduce(SMOOTH))
