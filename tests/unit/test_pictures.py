"""What pictures show: every text in its script and direction, no boxes, nothing beyond an edge, small files."""

import io
import re
import zlib
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont, ImageOps, features

from anonmsg.pictures import drawing
from anonmsg.pictures.cards import QUESTION, SHAPES, SIZES, Card, Shape
from anonmsg.pictures.coverage import FONTS, characters
from anonmsg.pictures.drawing import ACCENTS, PLANS, WHITE, Text, draw
from anonmsg.pictures.lines import IDEOGRAPH, Line, Run, runs
from anonmsg.pictures.signs import EMOJI, TEXT_FONTS, TITLE_FONTS, readable

LINK = "https://anonmsg.example/u/ada"
MOST_BYTES = 60 * 1024
MOST_FONT_BYTES = 3_000_000
ROOT = Path(__file__).parents[2]

TITLES = (
    "",
    "Ada’s corner 🎉",
    "Feedback for the third-year seminar on computing machines 🤖",
    "صفحة ليلى 🌙 (2026)",
    "שלום עולם, Ada 3.5 🎉😀",
    "ゆきの部屋へようこそ",
    "👩‍💻👨‍👩‍👧 🇩🇪🏳️‍🌈 👍🏽❤️‍🔥 1️⃣",
    "W" * 60,
    "😀" * 60,
    "鬱龍議護驚襲霧顧" * 8,
)


def _of_many_strokes() -> str:
    """The 200 ideographs that are hardest to pack."""
    font = ImageFont.truetype(FONTS / "DroidSansFallback.ttf", 44, layout_engine=ImageFont.Layout.BASIC)

    def lightness(sign: str) -> int:
        image = Image.new("L", (48, 48))
        ImageDraw.Draw(image).text((2, 2), sign, 255, font)
        return -len(zlib.compress(image.tobytes()))

    found = [point for point in characters("DroidSansFallback") if 0x4E00 <= point < 0xA000]
    return "".join(sorted(map(chr, sorted(found)), key=lightness)[:200])


MANY = {
    "ideographs": _of_many_strokes(),
    "emoji": "".join(chr(0x1F40C + number) for number in range(200)),
    "letters": "".join(chr(0x0391 + number % 24) + chr(0x0410 + number % 32) for number in range(100)),
}
"""Signs of which nearly none comes twice, the hardest to pack."""


def picture(title: str = "", question: str = "", shape: Shape = "preview", username: str = "ada") -> Image.Image:
    return Image.open(io.BytesIO(draw(Card(username, LINK, title, question), shape)))


def colours_of(image: Image.Image) -> list[tuple[int, int, int]]:
    found = image.convert("RGB").getcolors(image.width * image.height) or []
    return [cast(tuple[int, int, int], colour) for _, colour in found]


def seen(text: str) -> str:
    """What is left of a title."""
    return "".join(sign.written or sign.text for sign in readable(text, TITLE_FONTS))


def shown(text: str, *, right_to_left: bool = False) -> str:
    """What is drawn of a title, from left to right."""
    return "".join(run.text for run in runs(readable(text, TITLE_FONTS), TITLE_FONTS, right_to_left=right_to_left))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("title", TITLES)
def test_a_picture_has_its_size_and_a_small_file(title: str, shape: Shape) -> None:
    questions = ("What have you always wanted to tell me? " * 4, title * 3)
    contents = [draw(Card("ada_lovelace_1815", LINK, title, question[:140]), shape) for question in questions]

    assert [Image.open(io.BytesIO(content)).size for content in contents] == [SIZES[shape]] * 2
    assert max(map(len, contents)) <= MOST_BYTES


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("question", MANY)
@pytest.mark.parametrize("title", MANY)
def test_even_signs_that_never_come_twice_make_a_small_file(title: str, question: str, shape: Shape) -> None:
    card = Card("ada_lovelace_1815", LINK, MANY[title][:60], MANY[question][60:])

    assert len(draw(card, shape)) <= MOST_BYTES


def test_long_rows_of_emoji_take_several_lines_before_they_are_written_small() -> None:
    text = Text.of("😀🎉🤖🌙" * 6, TITLE_FONTS, 1.2)

    block = text.fit((80, 60, 40, 20), 500, 500)

    assert (block.size, {len(line) for line in block.lines}) == (80, {6})


def test_a_picture_that_would_be_too_large_gets_fewer_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = picture(TITLES[-2])
    monkeypatch.setattr(drawing, "MOST_BYTES", 1000)

    assert len(colours_of(picture(TITLES[-2]))) <= 32 < len(colours_of(usual))


LONGEST = (
    ("Feedback for the third-year seminar on computing machines 🤖🎉", "What have you always wanted to tell me? " * 4),
    ("שלום עולם, Ada 3.5 🎉😀 " * 3, "何でも聞いてください。授業の感想も「質問」も大歓迎です、" * 6),
    ("鬱龍議護驚襲霧顧" * 8, "鬱龍議護驚襲霧顧" * 18),
    ("صفحة ليلى (2026) 🌙 " * 4, "اسألوني عن أي شيء تريدون معرفته (بدون أسماء) 3.5% " * 3),
    ("W" * 60, "اسألونيعنأيشيءتريدونمعرفته" * 6),
    ("👩‍💻👨‍👩‍👧🇩🇪🏳️‍🌈👍🏽" * 12, "😀 ❤️‍🔥 " * 40),
)
MOST_MEASURED = 3_000
"""How many signs may be measured for a picture: each once in a few sizes, not once for each beginning of a line."""


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("title", "question"), LONGEST, ids=["Latin", "mixed", "CJK", "Arabic", "words", "emoji"])
def test_the_longest_texts_are_laid_out_with_few_measurements(
    monkeypatch: pytest.MonkeyPatch, title: str, question: str, shape: Shape
) -> None:
    measured = list[int]()
    width = Text.width

    def counted(self: Text, line: Line, size: int) -> float:
        measured.append(len(line))
        return width(self, line, size)

    monkeypatch.setattr(Text, "width", counted)
    draw(Card("ada_lovelace_1815", LINK, title[:60], question[:140]), shape)

    assert len(title[:60]) <= sum(measured) <= MOST_MEASURED


@pytest.mark.parametrize("size", [30, 46, 96, 120])
def test_ideographs_are_as_wide_as_they_are_high_so_that_nobody_has_to_measure_them(size: int) -> None:
    for name in {*TITLE_FONTS, *TEXT_FONTS}:
        font = ImageFont.truetype(FONTS / f"{name}.ttf", size, layout_engine=ImageFont.Layout.BASIC)
        found = [sign for sign in map(chr, characters(name)) if IDEOGRAPH.match(sign)]

        assert [sign for sign in found if font.getlength(sign) != size] == [], name
    assert len([sign for sign in map(chr, characters("DroidSansFallback")) if IDEOGRAPH.match(sign)]) > 7000


@pytest.mark.parametrize("shape", SHAPES)
def test_a_picture_says_its_words_to_programs_too(shape: Shape) -> None:
    written = picture("Ada’s corner 🎉", "Ask me", shape).info

    assert (written["Title"], written["Description"]) == ("Ada’s corner 🎉", "Ask me")


def test_without_title_and_question_a_picture_shows_the_name_and_the_usual_request() -> None:
    written = picture().info

    assert (written["Title"], written["Description"]) == ("@ada", QUESTION)


def test_what_a_picture_shows_depends_on_each_word() -> None:
    words = [("", ""), ("Ada", ""), ("ada", ""), ("Ada", "Ask me"), ("Ada", "ask me")]

    assert len({picture(*each).tobytes() for each in words}) == len(words)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("username", ["ab", "W" * 20])
def test_nothing_is_written_near_the_edge_of_the_bubble(title: str, username: str, shape: Shape) -> None:
    left, top, right, bottom = PLANS[shape].bubble
    edge = 40
    image = picture(title, title * 2, shape, username).convert("RGB")
    rims = (
        (left + 4, top + edge, left + edge, bottom - edge),
        (right - edge, top + edge, right - 4, bottom - edge),
        (left + edge, top + 4, right - edge, top + 16),
        (left + edge, bottom - 16, right - edge, bottom - 4),
    )

    colours = {colour for rim in rims for colour in colours_of(image.crop(rim))}

    assert all(min(colour) >= 250 for colour in colours), colours


@pytest.mark.parametrize("shape", SHAPES)
def test_a_long_link_stays_inside_the_picture(shape: Shape) -> None:
    card = Card("W" * 20, f"https://{'a-very-long-name.' * 8}example/u/{'W' * 20}")
    image = Image.open(io.BytesIO(draw(card, shape))).convert("RGB")

    rims = [image.crop((0, 0, 40, image.height)), image.crop((image.width - 40, 0, image.width, image.height))]

    assert all(len(colours_of(rim)) == 1 for rim in rims)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("नमस्ते Ada", "Ada"),
        ("ᚠᚢᚦ", ""),
        ("Ada ಕನ್ನಡ Bob", "Ada Bob"),
        ("a\u200bd\u202ea\u0007", "ada"),
        ("\ue000\ufff0x\udc00", "x"),
        ("box ─█ y", "box y"),
        ("  many \n\t spaces  ", "many spaces"),
        ("x" + "\u0301" * 40, "x"),
        ("n\u0308 b\u0302 a\u20dd", "n b a"),
        ("𝓐𝓷𝓷𝓪 𝕭𝖔𝖇 ⓐⓢⓚ", "Anna Bob ask"),
        ("Ravi (राजा) Kumar", "Ravi Kumar"),
        ('Ask: "क" or [ख ग] or («घ») ok?', "Ask: or or ok?"),
        ('f() and "" and (राजा Ada)', 'f() and "" and ( Ada)'),
        ("e\u0301", "é"),
        ("שָׁלוֹם", "שלום"),
        ("🫩 new", "new"),
        ("☃ → ★", "☃ → ★"),
        ("5 © 2026", "5 © 2026"),
    ],
)
def test_what_no_font_has_is_left_out(text: str, left: str) -> None:
    assert seen(text) == left


def test_a_title_of_which_nothing_is_left_gives_way_to_the_name() -> None:
    written = picture("नमस्ते", "ಕನ್ನಡ").info

    assert (written["Title"], written["Description"]) == ("@ada", QUESTION)


@given(text=st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_box_is_ever_drawn(text: str) -> None:
    for fonts in (TITLE_FONTS, TEXT_FONTS):
        for right_to_left in (False, True):
            for run in runs(readable(text, fonts), fonts, right_to_left=right_to_left):
                assert {ord(sign) for sign in run.text} <= characters(run.font), run


@given(title=st.text(max_size=60), question=st.text(max_size=140), shape=st.sampled_from(SHAPES))
@settings(max_examples=40, deadline=None)
def test_any_text_makes_a_picture(title: str, question: str, shape: Shape) -> None:
    content = draw(Card("ada", LINK, title, question), shape)

    assert Image.open(io.BytesIO(content)).size == SIZES[shape]
    assert len(content) <= MOST_BYTES


def test_a_font_lists_exactly_the_characters_that_it_draws() -> None:
    font = ImageFont.truetype(FONTS / "NotoSerif-Bold.ttf", 40, layout_engine=ImageFont.Layout.BASIC)

    def glyph(sign: str) -> bytes:
        image = Image.new("L", (90, 90))
        ImageDraw.Draw(image).text((20, 10), sign, 255, font)
        return image.tobytes()

    box = glyph("\U0010fffd")
    drawn = {point for point in range(0x21, 0x600) if glyph(chr(point)) != box}

    assert characters("NotoSerif-Bold") & set(range(0x21, 0x600)) - drawn == set()
    assert drawn - characters("NotoSerif-Bold") == set()


@pytest.mark.parametrize(
    ("text", "left_to_right"),
    [
        ("שלום", "םולש"),
        ("שלום Ada 3.5", "Ada 3.5 םולש"),
        ("שלום (Ada) 3.5%", "3.5% (Ada) םולש"),
        ("(שלום", "םולש)"),
        ("שלום 🎉😀", "😀🎉 םולש"),
        ("سلام", "\ufee1\ufefc\ufeb3"),
        ("می\u200cخواهم", "\ufee2\ufeeb\ufe8d\ufeee\ufea7\ufbfd\ufee3"),
    ],
)
def test_right_to_left_text_is_joined_turned_around_and_mirrored(text: str, left_to_right: str) -> None:
    assert shown(text, right_to_left=True) == left_to_right


def test_right_to_left_words_in_a_left_to_right_title_stay_in_their_place() -> None:
    assert shown("Ada (שלום עולם) ok") == "Ada (םלוע םולש) ok"


@pytest.mark.parametrize(
    ("text", "expected"), [("שלום Ada", True), ("Ada שלום", False), ("🎉 3 שלום", True), ("🎉", False)]
)
def test_the_first_letter_decides_the_direction(text: str, expected: bool) -> None:
    assert Text.of(text, TITLE_FONTS, 1).right_to_left is expected


def test_right_to_left_titles_begin_at_the_right_edge() -> None:
    ink = [
        ImageOps.invert(picture(title).convert("L").crop((60, 60, 1140, 470))).getbbox() for title in ("Ada", "שלום")
    ]
    left, right = (box for box in ink if box)

    assert left[0] < 70
    assert right[2] > 1010


def test_pillow_is_never_asked_to_shape_text_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    with_it = draw(Card("ada", LINK, TITLES[3], TITLES[4]), "preview")
    monkeypatch.setattr(features, "check", lambda _: False)

    assert draw(Card("ada", LINK, TITLES[3], TITLES[4]), "preview") == with_it
    for path in (ROOT / "anonmsg" / "pictures").glob("*.py"):
        assert path.read_text("utf-8").count("truetype(") == path.read_text("utf-8").count("Layout.BASIC")


@pytest.mark.parametrize("emoji", ["😀", "❤️", "👩‍💻", "👍🏽", "🇩🇪", "🏳️‍🌈", "1️⃣", "👨‍👩‍👧", "❤️‍🔥"])
def test_an_emoji_is_one_sign_in_colour(emoji: str) -> None:
    signs = readable(emoji, TITLE_FONTS)
    image = picture(emoji).convert("RGB").crop((60, 60, 1140, 470))
    colours = [colour for colour in colours_of(image) if max(colour) - min(colour) > 80]

    assert [sign.written for sign in signs] == [emoji]
    assert [run.font for run in runs(signs, TITLE_FONTS, right_to_left=False)] == [EMOJI]
    assert colours


def test_an_emoji_too_new_for_the_font_is_shown_by_its_first_part() -> None:
    signs = readable("👩🏽‍🤝‍👩🏿", TITLE_FONTS)

    assert len(signs) == 1
    assert runs(signs, TITLE_FONTS, right_to_left=False) != []


def test_marks_and_other_scripts_are_drawn_by_the_font_that_has_them() -> None:
    found = runs(readable("Ada ゆき Ты", TITLE_FONTS), TITLE_FONTS, right_to_left=False)

    assert found == [
        Run("Ada ", "NotoSerif-Bold"),
        Run("ゆき", "DroidSansFallback"),
        Run(" Ты", "NotoSerif-Bold"),
    ]


def test_a_long_text_ends_with_an_ellipsis_instead_of_leaving_the_bubble() -> None:
    text = Text.of("word " * 100, TEXT_FONTS, 1.2)

    block = text.fit((40, 30), 300, 100)

    assert len(block.lines) == 2
    assert "".join(sign.text for sign in block.lines[-1]).endswith("word…")
    assert all(text.width(line, block.size) <= 300 for line in block.lines)


def test_ideographs_wrap_anywhere_but_not_before_a_full_stop() -> None:
    text = Text.of("何でも聞いてください。" * 3, TEXT_FONTS, 1.2)

    lines = ["".join(sign.text for sign in line) for line in text.fit((40,), 450, 1000).lines]

    assert len(lines) > 1
    assert not any(line.startswith("。") for line in lines)


@pytest.mark.parametrize("width", range(80, 460, 20))
def test_no_line_ends_with_an_opening_bracket(width: int) -> None:
    text = Text.of("聞いて。「何でも」ください（はい）。" * 3, TEXT_FONTS, 1.2)

    lines = ["".join(sign.text for sign in line) for line in text.fit((40,), width, 3000).lines]

    assert not any(line.endswith(("「", "（")) for line in lines)


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Contrast ratio (WCAG 2.2)."""

    def luminance(colour: tuple[int, ...]) -> float:
        parts = [each / 255 for each in colour]
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ACCENTS)
def test_white_can_be_read_on_every_accent(name: str) -> None:
    assert contrast(ACCENTS[name], WHITE) >= 4.5


def test_the_accents_are_those_of_the_pages() -> None:
    tokens = (ROOT / "assets" / "tokens.css").read_text("utf-8")
    clay = re.search(r":root \{.*?--accent: light-dark\(#(\w{6})", tokens, re.DOTALL)
    found = dict(re.findall(r"\.accent-(\w+) \{\s*--accent: light-dark\(#(\w{6})", tokens))

    assert clay
    assert bytes(ACCENTS["clay"]).hex() == clay[1]
    assert all(bytes(ACCENTS[name]).hex() == colour for name, colour in found.items())


def test_an_accent_colours_the_picture_and_an_unknown_one_is_the_usual() -> None:
    corners = {
        accent: Image.open(io.BytesIO(draw(Card("ada", LINK, accent=accent), "square"))).convert("RGB").getpixel((5, 5))
        for accent in ("clay", "ocean", "nonsense")
    }

    assert corners["ocean"] == ACCENTS["ocean"]
    assert corners["nonsense"] == corners["clay"] == ACCENTS["clay"]


def test_the_fonts_are_small_enough_and_their_licences_lie_beside_them() -> None:
    shipped = {path.stem for path in FONTS.glob("*.ttf")}

    weights = [path.stat().st_size for path in [*FONTS.glob("*.ttf"), FONTS / "sequences.txt"]]

    assert sum(weights) <= MOST_FONT_BYTES
    assert shipped == {EMOJI, *TITLE_FONTS, *TEXT_FONTS}
    assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text("utf-8")
    assert "Apache License" in (FONTS / "APACHE-2.0.txt").read_text("utf-8")
    assert "creativecommons.org/licenses/by/4.0" in (FONTS / "README.md").read_text("utf-8")
