"""How well two colours can be told apart (WCAG 2.2)."""

TEXT, CONTROL = 4.5, 3.0
"""Contrast that text and controls need (1.4.3 and 1.4.11)."""


def luminance(colour: str) -> float:
    """Return how bright a colour such as #a8432a is (WCAG 2.2, relative luminance)."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)
