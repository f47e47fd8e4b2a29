"""Muted words: found whatever they are disguised as, and never inside innocent ones."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonmsg.lookalikes import SIGNS
from anonmsg.muting import MutedWords, can_be_muted, holds_muted

ZERO_WIDTH = "\u200b"
WORDS = st.text(st.sampled_from("bcdfghjkmnpqrvwxyz"), min_size=4, max_size=9).filter(
    lambda word: all(one != other for one, other in itertools.pairwise(word))
)
"""Without letters in a row and without vowels, so that no separator, sign or other word happens to make one."""


@pytest.mark.parametrize(
    "text",
    [
        "hate",
        "I HATE you!",
        "hàté",
        "h a t e",
        "h  a  t  e",
        "h.a.t.e",
        "h-a-t-e",
        "h_a_t_e",
        "h*a*t*e",
        "h\na\nt\ne",
        "I h a t e you",
        "i h a t e y o u",
        "ha-te",
        "h4te",
        "h@t3",
        "hаte",
        "ΗΑΤΕ",
        "ｈａｔｅ",
        "𝓱𝓪𝓽𝓮",
        "ⓗⓐⓣⓔ",
        "haaaaate",
        "hhhaaattteee",
        f"h{ZERO_WIDTH}a\u00adt\u2060e",
        "h\u0301a\u0327te",
        "hate, really",
        "(hate)",
        "@hate",
        "#hate",
        "h....a....t....e",
        "h     a     t     e",
        "h\n\n\n\n\na - - - t ...... e",
        "ha.....te",
        "h a a a a t e",
        "h 4 t 3",
        "h-4-t-3",
        "ʜᴀᴛᴇ",
        "🅷🅰🆃🅴",
        "🅗🅐🅣🅔",
        "🇭🇦🇹🇪",
        f"🇭{ZERO_WIDTH}🇦{ZERO_WIDTH}🇹{ZERO_WIDTH}🇪",
        "🇭 🇦 🇹 🇪",
        "ɦɑʈɇ",
        "ⱨ₳₮ɇ",
        "հate",
        "ᎻᎪᎢᎬ",
        "ꓧꓮꓔꓰ",
        "ᕼᗩTE",
        "hλte",
        "ha\u0488t\u20dde",
    ],
)
def test_a_word_is_found_in_every_disguise(text: str) -> None:
    assert holds_muted(text, ("hate",))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("class", "ass"),
        ("c l a s s", "ass"),
        ("assess", "ass"),
        ("it is 455 pages", "ass"),
        ("as if", "ass"),
        ("good", "god"),
        ("fail", "fall"),
        ("loose", "lose"),
        ("hate", "hat"),
        ("the rapist", "therapist"),
        ("your self kill", "kill yourself"),
        ("ha te", "hate"),
        ("h*te", "hate"),
        ("b a s s", "ass"),
        ("d i e t", "die"),
        ("I d i d it", "die"),
        ("a day", "@"),
        ("table 4-b", "ab"),
        ("plan b", "🅱️"),
        ("us", "🇺🇸"),
        ("🇺🇸", "us"),
        ("", "hate"),
        ("...", "hate"),
    ],
)
def test_an_innocent_text_stays(text: str, word: str) -> None:
    assert not holds_muted(text, (word,))


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("a$$", "ass"),
        ("@$$", "ass"),
        ("a s s", "ASS"),
        ("u a s s", "ass"),
        ("u r a s s", "ass"),
        ("a s s u", "ass"),
        ("i d i e", "die"),
        ("I d 1 e", "die"),
        ("y o u   a s s", "ass"),
        ("y o u\na s s", "ass"),
        ("y o u a.s.s", "ass"),
        ("d.o.n.t. d.i.e.", "die"),
        ("🅱️itch", "bitch"),
        ("go 🇺🇸", "🇺🇸"),
        ("сука", "СУКА"),
        ("asssss", "ass"),
        ("assssshooooole", "asshole"),
        ("k1ll", "kill"),
        ("k!ll", "kill"),
        ("goooood", "good"),
        ("KILL\n yourself!", "Kill  yourself"),
        ("kill-yourself", "kill yourself"),
        ("k i l l y o u r s e l f", "kill yourself"),
        ("1984", "1984"),
        ("СУКА", "сука"),
        ("cyka", "сука"),
        ("Μαλακα", "μαλάκα"),
        ("straße", "STRASSE"),
        ("我讨厌你", "讨厌"),
        ("ฉันเกลียดมาก", "เกลียด"),
        ("यह भाषा है", "भाषा"),
        ("look 🖕🏽", "🖕"),
    ],
)
def test_other_words_phrases_and_scripts_are_found(text: str, phrase: str) -> None:
    assert holds_muted(text, ("something else", phrase))


def test_nothing_is_found_for_an_empty_list() -> None:
    assert not holds_muted("hate", ())


@pytest.mark.parametrize(
    ("phrase", "can"), [("hate", True), ("5", True), ("🖕", True), ("...", False), ("\u200b", False)]
)
def test_a_phrase_needs_something_that_can_be_found(phrase: str, can: bool) -> None:
    assert can_be_muted(phrase) is can


@given(word=WORDS, separator=st.sampled_from([" ", ".", "-", " . ", "\n", "_", "  "]))
def test_letters_apart_are_one_word(word: str, separator: str) -> None:
    assert holds_muted(separator.join(word), (word,))


@given(word=WORDS, data=st.data())
def test_a_dragged_out_letter_changes_nothing(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    text = word[:at] + word[at] * data.draw(st.integers(3, 9)) + word[at + 1 :]

    assert holds_muted(f"well, {text.upper()}!", (word,))


@given(word=WORDS, data=st.data())
def test_signs_for_letters_change_nothing(word: str, data: st.DataObject) -> None:
    signs = {letter: sign for sign, letter in SIGNS.items() if sign.isdecimal()}
    first, *others = word
    text = first + "".join(
        signs[letter] if letter in signs and data.draw(st.booleans()) else letter for letter in others
    )

    assert holds_muted(text, (word,))


@given(word=WORDS, before=st.sampled_from("aeiou"), after=st.sampled_from("aeiou"))
def test_a_part_of_another_word_is_not_the_word(word: str, before: str, after: str) -> None:
    assert not holds_muted(f"{before}{word}{after}", (word,))


@given(phrases=st.lists(st.text(max_size=50), max_size=5), text=st.text(max_size=300))
def test_whatever_is_muted_and_written_there_is_an_answer(phrases: list[str], text: str) -> None:
    assert MutedWords(phrases).are_in(text) in {True, False}


@given(phrase=st.text(min_size=1, max_size=50), before=st.text(max_size=50))
def test_what_can_be_muted_is_found_as_it_is_typed(phrase: str, before: str) -> None:
    assert holds_muted(phrase, (phrase,)) is can_be_muted(phrase)


@pytest.mark.parametrize(
    "text",
    [
        *("a" * 1000, "a " * 500, "a." * 500, "a1!" * 333, "aа" * 500, "." * 1000, "@" * 1000, "🇭" * 1000, "🅷" * 1000),
        *(
            "h....a....t....",
            "a" + " " * 20,
            "u a s s ",
            "a  b ",
            "ab a  b c ",
            "h4 ",
            "h 4 aa ",
            "a-4 ",
            "ab-",
            "aaa b ",
        ),
        *("a" + "\u0301" * 20, "ʜ ", "і 1 ", "1 ", "1-1 ", "a1 aa1 ", "i u r a ", "кот ", "今日は", "ก", "aaaab "),
    ],
)
def test_no_text_takes_long(text: str) -> None:
    """A count instead of a time: what a hostile text costs grows with its length, not with its square."""
    import cProfile
    import pstats

    muted = MutedWords([f"word{number} more" for number in range(200)])
    profile = cProfile.Profile()
    text = (text * 1000)[:1000]
    profile.runcall(muted.are_in, text)

    assert pstats.Stats(profile).total_calls < 20 * len(text)  # pyright: ignore[reportAttributeAccessIssue]  # not in the stubs
