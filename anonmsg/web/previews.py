"""The head of the first HTML: its title, and what search engines and chats are told of the page."""

from anonmsg import send_form as words
from anonmsg.errors import UserNotFound
from anonmsg.web import robots
from anonmsg.web.markup import Markup, el, join
from anonmsg.web.send_view import FirstPage


def title(page: FirstPage) -> str:
    """Return the title of the document."""
    fixed = {"unknown": UserNotFound.sentence, "away": words.USUAL_HEADING, "sent": words.SENT}
    return fixed.get(page.state) or words.title_for(page.username)


def head(page: FirstPage) -> Markup:
    """Return the title, what search engines are told, and what chats show as a preview."""
    return join(el("title", title(page)), Markup("" if page.page.is_indexed else robots.META), *(_preview(page) or []))


def _preview(page: FirstPage) -> list[Markup]:
    """Return the tags of a preview (The Open Graph protocol, ogp.me); only of a page that is somebody's."""
    if page.state not in {"open", "closed"}:
        return []
    heading = page.page.title or title(page)
    description = page.page.question or f"{words.TRUST.strip()} Say what you really think."
    named = {
        "og:type": "website",
        "og:site_name": "anonmsg",
        "og:title": heading,
        "og:description": description,
        "og:url": page.site_url + page.path,
        "og:image": page.picture_url,
    }
    tags = [el("meta", property=name, content=content) for name, content in named.items() if content]
    card = "summary_large_image" if page.picture_url else "summary"
    return [
        el("meta", name="description", content=description),
        *tags,
        el("meta", name="twitter:card", content=card),
    ]
