"""QR codes: read back by another library, dark on light, with a quiet zone."""

import io
import re
from typing import Any, cast

import pytest
import zxingcpp
from PIL import Image

from anonmsg.pictures.codes import PIXELS, QUIET_ZONE, qr_png, qr_svg

LINKS = (
    "http://localhost:3000/u/ab",
    "https://anonmsg.example/u/Ada_Lovelace_1815",
    f"https://{'long-name.' * 12}example:8443/u/{'W' * 20}",
)


def decoded(image: Image.Image) -> list[str]:
    found = cast(Any, zxingcpp).read_barcodes(image)
    return [each.text for each in found]


def drawn_from(svg: str) -> Image.Image:
    """Draw the one path of dark modules as the SVG says, a module at a time."""
    width, height = (int(number) for number in re.findall(r'viewBox="0 0 (\d+) (\d+)"', svg)[0])
    image = Image.new("L", (width, height), 255)
    x, y = 0.0, 0.0
    path = re.findall(r' d="(M[^"]*)"/></svg>', svg)[0]
    for kind, numbers in re.findall(r"([Mmh])([-\d. ]+)", path):
        steps = [float(number) for number in numbers.replace("-", " -").split()]
        if kind == "h":
            image.paste(0, (round(x), int(y), round(x + steps[0]), int(y) + 1))
            x += steps[0]
        elif kind == "m":
            x, y = x + steps[0], y + steps[1]
        else:
            x, y = steps
    return image.resize((width * 8, height * 8), Image.Resampling.NEAREST)


@pytest.mark.parametrize("link", LINKS)
def test_the_png_says_the_link(link: str) -> None:
    assert decoded(Image.open(io.BytesIO(qr_png(link)))) == [link]


@pytest.mark.parametrize("link", LINKS)
def test_the_svg_says_the_link(link: str) -> None:
    assert decoded(drawn_from(qr_svg(link).decode())) == [link]


def test_the_code_is_dark_on_light_with_a_quiet_zone() -> None:
    image = Image.open(io.BytesIO(qr_png(LINKS[0]))).convert("L")
    zone = QUIET_ZONE * PIXELS
    around = [
        image.crop((0, 0, image.width, zone)),
        image.crop((0, image.height - zone, image.width, image.height)),
        image.crop((0, 0, zone, image.height)),
        image.crop((image.width - zone, 0, image.width, image.height)),
    ]

    assert all(side.getextrema() == (255, 255) for side in around)
    assert cast(int, image.getpixel((zone + 1, zone + 1))) < 40


def test_the_svg_needs_neither_style_nor_script() -> None:
    svg = qr_svg(LINKS[0]).decode()

    assert 'fill="#fff"' in svg
    assert not re.search(r"style|script|href|class=", svg)
