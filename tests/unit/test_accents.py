"""The colours of send pages, in light and dark: everybody can read on each of them."""

import re
from pathlib import Path

import pytest

from anonmsg.models import ACCENTS, USUAL_ACCENT
from tests.contrast import CONTROL, TEXT, contrast

CSS = (Path(__file__).parents[2] / "assets" / "tokens.css").read_text("utf-8")
COLOUR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
GROUNDS = ("paper", "surface", "sunken")
TEXTS = [
    *((ink, ground) for ink in ("accent", "accent-strong") for ground in GROUNDS),
    ("accent-ink", "accent"),
    ("accent-ink", "accent-strong"),
    ("ink", "accent-soft"),
    ("ink-soft", "accent-soft"),
    ("accent", "accent-soft"),
]
CONTROLS = [("line-strong", "accent-soft"), ("focus", "accent-soft")]


def colours(selector: str, scheme: str) -> dict[str, str]:
    """Return the colours that a rule sets."""
    rule = re.search(rf"^{re.escape(selector)} {{(.*?)^}}", CSS, re.MULTILINE | re.DOTALL)
    assert rule, selector
    return {name: dark if scheme == "dark" else light for name, light, dark in COLOUR.findall(rule[1])}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("accent", ACCENTS)
def test_text_and_controls_can_be_read_on_a_page_of_every_colour(accent: str, scheme: str) -> None:
    own = {} if accent == USUAL_ACCENT else colours(f".accent-{accent}", scheme)
    worn = colours(":root", scheme) | own

    weak = [
        (ink, ground, round(contrast(worn[ink], worn[ground]), 2))
        for pairs, least in ((TEXTS, TEXT), (CONTROLS, CONTROL))
        for ink, ground in pairs
        if contrast(worn[ink], worn[ground]) < least
    ]

    assert weak == []
    assert set(own) in (set(), {"accent", "accent-strong", "accent-ink", "accent-soft"})


def test_there_are_colours_for_the_names_and_no_others() -> None:
    styled = re.findall(r"^\.accent-([a-z]+) {", CSS, re.MULTILINE)

    assert sorted([*styled, USUAL_ACCENT]) == sorted(ACCENTS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_two_of_them_look_the_same(scheme: str) -> None:
    seen = [colours(f".accent-{accent}", scheme)["accent"] for accent in ACCENTS if accent != USUAL_ACCENT]

    assert len({*seen, colours(":root", scheme)["accent"]}) == len(ACCENTS)
