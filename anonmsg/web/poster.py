"""The poster: a page of one sheet to print, with the QR code of a share link."""

import unicodedata
from html import escape

from anonmsg import routes
from anonmsg.pictures.cards import QR_SVG, QUESTION, Card

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Poster for {name}</title>
<link rel="icon" type="image/svg+xml" href="/favicon.svg">
<link rel="stylesheet" href="/poster.css">
<script src="/poster.js" defer></script>
</head>
<body>
<header class="bar"><button type="button" id="print" hidden>Print</button>
<p>This sheet fits A4 and US Letter. Print it with your browser.</p></header>
<main class="sheet {length}">
<h1 dir="auto">{title}</h1>
{name_line}
<p class="question" dir="auto">{question}</p>
<img src="{code}" alt="QR code that opens {link}" width="400" height="400">
<p class="link">{link}</p>
<p class="note">Scan the code or type the address. No account, no name: nothing about you is stored.</p>
</main>
</body>
</html>
"""


NORMAL, LONG = (24, 60), (60, 140)
"""Up to how many cells of a typewriter title and question are written large, and not very small."""


WIDE = frozenset("MWmw@%")


def poster_page(card: Card) -> str:
    """Return the page."""
    name = f"@{card.username}"
    return PAGE.format(
        name=escape(name),
        title=escape(card.title or name),
        length=_length(card),
        name_line=f'<p class="name">{escape(name)}</p>' if card.title else "",
        question=escape(card.question or QUESTION),
        code=escape(routes.shared_file(card.username, QR_SVG)),
        link=escape(card.plain_link),
    )


def _length(card: Card) -> str:
    """Return the class for how much there is to write, so that it stays on one sheet."""
    written = (_cells(card.title or card.username), _cells(card.question))
    for name, (title, question) in (("", NORMAL), ("long", LONG)):
        if written[0] <= title and written[1] <= question:
            return name
    return "longest"


def _cells(text: str) -> float:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1.5 if sign in WIDE else 1 for sign in text)
