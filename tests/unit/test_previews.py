"""What chats are told about a link, read as they read it, and the poster."""

from html.parser import HTMLParser

import pytest

from anonmsg.pictures.cards import Card
from anonmsg.web.poster import poster_page
from anonmsg.web.previews import picture_url, preview_tags

ADA = Card("ada", "https://anonmsg.example/u/ada")
HOSTILE = '"><script>alert("x")</script>&<b {name}'


class Reader(HTMLParser):
    """Reads properties of a head and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.properties: dict[str, str] = {}
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if tag == "meta" and given.get("content") is not None:
            self.properties[given.get("property") or given.get("name") or ""] = given["content"] or ""

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_chat_learns_everything_that_it_needs_for_a_preview() -> None:
    read = Reader(preview_tags(ADA)).properties

    assert read == {
        "og:type": "website",
        "og:site_name": "anonmsg",
        "og:url": "https://anonmsg.example/u/ada",
        "og:title": "@ada",
        "og:description": "Send me an anonymous message",
        "og:image": f"https://anonmsg.example/u/ada/preview.png?v={ADA.digest()}",
        "og:image:type": "image/png",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": "@ada: Send me an anonymous message",
        "twitter:card": "summary_large_image",
    }


def test_title_and_question_are_told_as_they_are_whatever_is_in_them() -> None:
    read = Reader(preview_tags(Card("ada", ADA.link, HOSTILE, HOSTILE)))

    assert (read.properties["og:title"], read.properties["og:description"]) == (HOSTILE, HOSTILE)
    assert set(read.tags) == {"meta"}


def test_the_address_of_the_picture_changes_with_what_it_shows() -> None:
    cards = [ADA, Card("ada", ADA.link, "Ada"), Card("ada", ADA.link, "", "Ada"), Card("ada", ADA.link, accent="plum")]

    assert len({picture_url(card) for card in cards}) == len(cards)


def test_a_poster_shows_name_question_code_and_link() -> None:
    page = poster_page(Card("ada", ADA.link, "Ada’s corner", "Ask me"))

    for part in ("Ada’s corner", "@ada", "Ask me", "anonmsg.example/u/ada", 'src="/u/ada/qr.svg"'):
        assert part in page


def test_a_poster_is_only_text_whatever_is_in_it() -> None:
    read = Reader(poster_page(Card("ada", ADA.link, HOSTILE, HOSTILE)))

    assert read.text.count(HOSTILE) == 2
    assert read.tags.count("script") == 1


@pytest.mark.parametrize(
    ("title", "question", "length"),
    [("", "", "sheet "), ("x" * 40, "", "sheet long"), ("", "x" * 100, "sheet long"), ("字" * 40, "", "sheet longest")],
)
def test_a_poster_with_much_on_it_is_written_smaller(title: str, question: str, length: str) -> None:
    assert f'class="{length}"' in poster_page(Card("ada", ADA.link, title, question))
