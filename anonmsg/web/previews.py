"""What chats are told about a share link, so that they preview it (the Open Graph protocol, https://ogp.me)."""

from html import escape

from anonmsg.pictures.cards import PREVIEW, QUESTION, SIZES, Card


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
