"""The prompts: enough of them, each fit for a stranger's field, and chosen as the recipient wants."""

import re
from collections.abc import Sequence

import pytest

from anonmsg.models import THEMES, PageSettings
from anonmsg.page_forms import LEAST_CHARACTERS, PROMPT_MAX, PROMPTS_MAX, tidy_line
from anonmsg.prompts import AT_ONCE, BY_THEME, LABELS, PROMPTS, begun, pick


def first(prompts: Sequence[str], how_many: int) -> list[str]:
    """Chance that always falls on the first."""
    return list(prompts[:how_many])


def test_there_are_many_in_every_theme_and_none_twice() -> None:
    assert len(PROMPTS) >= 120
    assert len(set(PROMPTS)) == len(PROMPTS)
    assert set(BY_THEME) == set(LABELS) == set(THEMES)
    assert min(map(len, BY_THEME.values())) >= AT_ONCE


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_prompt_is_a_short_line_that_one_could_have_written_oneself(prompt: str) -> None:
    assert tidy_line(prompt, "Prompt", PROMPT_MAX) == prompt
    assert len(prompt) <= 80
    assert re.fullmatch(r"[A-Z][^:?]*[:?.]?|[A-Z].*[:?.]", prompt)
    assert not re.search(r"secret|gossip|confess|who (?:likes|hates)|behind|crush", prompt, re.IGNORECASE)


def test_without_a_choice_prompts_of_all_themes_come_by_chance() -> None:
    picked = [pick(PageSettings()) for _ in range(200)]

    assert {len(prompts) for prompts in picked} == {AT_ONCE}
    assert all(len(set(prompts)) == AT_ONCE for prompts in picked)
    seen = {prompt for prompts in picked for prompt in prompts}
    assert all(seen & set(BY_THEME[theme]) for theme in THEMES)


def test_chosen_themes_are_the_only_ones() -> None:
    picked = pick(PageSettings(themes=("school", "fun")), 100)

    assert set(picked) == {*BY_THEME["school"], *BY_THEME["fun"]}


def test_own_prompts_come_alone_unless_themes_are_chosen_too() -> None:
    own = ("Which song?", "Which key?")

    assert pick(PageSettings(own_prompts=own)) == list(own)
    assert pick(PageSettings(own_prompts=own, themes=("deep",)), 4, first) == [*own, *BY_THEME["deep"][:4]]


def test_all_own_prompts_are_offered_and_chosen_themes_beside_them() -> None:
    own = tuple(map(str, range(PROMPTS_MAX)))

    assert pick(PageSettings(own_prompts=own)) == list(own)
    assert pick(PageSettings(own_prompts=own, themes=("fun",)), sample=first) == [*own, *BY_THEME["fun"][:AT_ONCE]]


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("What I admire about you:", "What I admire about you: "),
        ("We should finally", "We should finally "),
        ("What next?", "What next?"),
        ("\u4f55\uff1f", "\u4f55\uff1f"),
    ],
)
def test_one_can_go_on_writing_after_a_picked_prompt(prompt: str, text: str) -> None:
    assert begun(prompt) == text


def test_an_own_prompt_that_is_one_of_ours_comes_once() -> None:
    own = (BY_THEME["fun"][0],)

    assert pick(PageSettings(own_prompts=own, themes=("fun",)), 100).count(own[0]) == 1


def test_what_leaves_no_room_to_write_is_left_out() -> None:
    page = PageSettings(own_prompts=("x" * LEAST_CHARACTERS, "Short?"), themes=THEMES, most_characters=LEAST_CHARACTERS)

    picked = pick(page, 200)

    assert picked[0] == "Short?"
    assert len(picked) > AT_ONCE
    assert all(len(prompt) < LEAST_CHARACTERS for prompt in picked)
