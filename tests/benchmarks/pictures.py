"""Pictures of links: how long one takes to draw, in each script and with the longest texts.

The fonts are loaded before. The time is what the drawing thread has of a core, so that others are not in it.
"""

import asyncio
import random
import time
from statistics import median

from anonmsg.pictures.cards import Card
from anonmsg.pictures.coverage import characters
from anonmsg.pictures.drawing import draw
from tests.benchmarks.figures import Figure
from tests.benchmarks.site import Site

ROUNDS = 15
MOST_MS = 50.0
TITLE, QUESTION = 60, 140
"""How long titles and questions may be."""

LATIN = "etaoinshrdlucmfwypvbgkqjxz"
ARABIC = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
IDEOGRAPHS = "".join(map(chr, sorted(characters("DroidSansFallback") & set(range(0x4E00, 0x9FA0)))))
EMOJI = "".join(map(chr, range(0x1F400, 0x1F4FE)))


def _words(letters: str, length: int) -> str:
    words = list[str]()
    while len(" ".join(words)) < length:
        words.append("".join(random.choices(letters, k=random.randint(2, 9))))
    return " ".join(words)[:length]


def _signs(signs: str, length: int) -> str:
    return "".join(random.sample(signs, length))


def _card(kind: str) -> Card:
    """Return texts that were never drawn before, so that nothing but the fonts is there already."""
    texts = {
        "Latin": (_words(LATIN, TITLE), _words(LATIN, QUESTION)),
        "CJK": (_signs(IDEOGRAPHS, TITLE), _signs(IDEOGRAPHS, QUESTION)),
        "Arabic": (_words(ARABIC, TITLE), _words(ARABIC, QUESTION)),
        "Arabic, emoji and CJK": (_words(ARABIC, TITLE - 9) + " " + _signs(EMOJI, 8), _signs(IDEOGRAPHS, QUESTION)),
    }
    return Card("ada_lovelace_1815", "https://anonmsg.example/u/ada_lovelace_1815", *texts[kind])


def _measure(kind: str) -> Figure:
    draw(_card(kind), "preview")
    times = list[float]()
    for _ in range(ROUNDS):
        card = _card(kind)
        began = time.thread_time()
        draw(card, "preview")
        times.append((time.thread_time() - began) * 1000)
    return Figure(f"preview picture, warm, longest texts: {kind}", median(times), "ms", at_most=MOST_MS)


async def pictures(_site: Site) -> list[Figure]:
    """Draw previews as the app does, on a thread."""
    kinds = ("Latin", "CJK", "Arabic", "Arabic, emoji and CJK")
    return [await asyncio.to_thread(_measure, kind) for kind in kinds]
