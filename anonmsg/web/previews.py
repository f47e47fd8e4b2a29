"""The head of the first HTML: its title, and what search engines and chats are told of the page."""

from html import escape

from anonmsg import send_form as words
from anonmsg.errors import UserNotFound
from anonmsg.pictures.cards import PREVIEW, QUESTION, SIZES, Card
from anonmsg.web import robots
from anonmsg.web.markup import Markup, el, join
from anonmsg.web.send_view import FirstPage


def title(page: FirstPage) -> str:
    """Return the title of the document."""
    fixed = {"unknown": UserNotFound.sentence, "away": words.USUAL_HEADING, "sent": words.SENT}
    return fixed.get(page.state) or words.title_for(page.username)


def head(page: FirstPage) -> Markup:
    """Return the title, what search engines are told, and what chats show as a preview."""
    parts = [el("title", title(page), id="first-title"), Markup("" if page.page.is_indexed else robots.META)]
    if page.state in {"open", "closed"}:  # a page that is somebody's
        chosen = page.page
        card = Card(page.username, page.site_url + page.path, chosen.title, chosen.question, chosen.accent)
        parts += [el("meta", name="description", content=card.question or QUESTION), Markup(preview_tags(card))]
    return join(*parts)


def picture_url(card: Card) -> str:
    """Return the whole address of the preview picture; it changes with what the picture shows."""
    return f"{card.link}/{PREVIEW}?v={card.digest()}"


def preview_tags(card: Card) -> str:
    """Return the tags for the head of a send page."""
    width, height = SIZES["preview"]
    name = card.title or f"@{card.username}"
    asked = card.question or QUESTION
    graph = {
        "og:type": "website",
        "og:site_name": "anonmsg",
        "og:url": card.link,
        "og:title": name,
        "og:description": asked,
        "og:image": picture_url(card),
        "og:image:type": "image/png",
        "og:image:width": str(width),
        "og:image:height": str(height),
        "og:image:alt": f"{name}: {asked}",
    }
    tags = [f'<meta property="{key}" content="{escape(value)}"/>' for key, value in graph.items()]
    return "".join([*tags, '<meta name="twitter:card" content="summary_large_image"/>'])
