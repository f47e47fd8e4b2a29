"""The HTML that the server writes: whatever a text says, it stays text."""

import pytest

from anonmsg.web.markup import Markup, el, join

EVIL = "</p><script>alert('x')</script>\"&amp;"
HARMLESS = "&lt;/p&gt;&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&quot;&amp;amp;"


def test_texts_and_attributes_can_not_break_out() -> None:
    assert el("p", EVIL, title=EVIL) == f'<p title="{HARMLESS}">{HARMLESS}</p>'


def test_elements_go_into_elements_as_they_are() -> None:
    assert el("p", el("b", "a & b"), " c") == "<p><b>a &amp; b</b> c</p>"
    assert join(Markup("<i>"), "<i>") == "<i>&lt;i&gt;"


@pytest.mark.parametrize(
    ("attributes", "written"),
    [
        ({"class_": "a", "aria_label": "b"}, ' class="a" aria-label="b"'),
        ({"required": True, "readonly": False}, " required"),
        ({"value": ""}, ' value=""'),
    ],
)
def test_attributes_have_the_names_that_html_gives_them(attributes: dict[str, str | bool], written: str) -> None:
    assert el("input", **attributes) == f"<input{written}>"


def test_half_a_character_becomes_a_sign_that_every_page_can_hold() -> None:
    assert el("p", "a\ud800b") == "<p>a?b</p>"
    assert el("p", "a\ud800b").encode()
