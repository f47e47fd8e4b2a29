"""QR codes of share links: dark on light with a quiet zone (ISO/IEC 18004), whatever the page's colours are."""

import io

import segno

QUIET_ZONE = 4
"""Empty modules around the code, as many as the standard asks for."""

INK, PAPER = "#1b1715", "#ffffff"
PIXELS = 20
"""How wide a module is in a PNG."""


def qr_svg(link: str) -> bytes:
    """Return the code of a link as SVG, with no style and no script in it."""
    target = io.BytesIO()
    segno.make_qr(link, error="m").save(
        target, kind="svg", border=QUIET_ZONE, dark=INK, light=PAPER, omitsize=True, svgclass=None, lineclass=None
    )
    return target.getvalue()


def qr_png(link: str) -> bytes:
    """Return the code of a link as PNG."""
    target = io.BytesIO()
    segno.make_qr(link, error="m").save(target, kind="png", scale=PIXELS, border=QUIET_ZONE, dark=INK, light=PAPER)
    return target.getvalue()
