"""The shape of what a recipient types about the send page; all of it is shown to strangers."""

import re
import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from anonmsg.models import ACCENTS, MOST_CHARACTERS, THEMES, USUAL_ACCENT, Accent, PageSettings, Theme
from anonmsg.rules import broken, is_visible
from anonmsg.schemas import Form

TITLE_MAX = 60
QUESTION_MAX = 140
PROMPT_MAX = 140
PROMPTS_MAX = 20
LEAST_CHARACTERS = 50

_PER_CODE_POINT = 4
"""NFC makes one code point of four at most (UAX 15), so what is longer than that stays too long."""

_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u180e\u200b\u202a-\u202e\u2028\u2029\u2060-\u2064\u2066-\u206f\ufeff]")
"""Control characters, what turns the direction of the text around it, and spaces of no width.

The marks and joiners that right-to-left scripts, Indic scripts and emoji are written with may stay.
"""

_DIGITS = re.compile(r"[0-9]{1,6}")


def tidy_line(text: str, name: str, most: int) -> str:
    """Return one line of text: NFC, single spaces, "" if it shows nothing.

    Args:
        text: What was typed.
        name: What a sentence calls it.
        most: How many code points it may have.
    """
    too_long = broken(f"{name} must be at most {most} characters")
    if len(text) > _PER_CODE_POINT * most:  # normalising a long run of marks takes time with the square of its length
        raise too_long
    line = unicodedata.normalize("NFC", " ".join(text.split()))
    if len(line) > most:
        raise too_long
    if _UNFIT.search(line):
        raise broken(f"{name} must not contain control characters")
    return line if any(map(is_visible, line)) else ""


def check_title(value: str) -> str:
    """Return the title of a page as it will be stored."""
    return tidy_line(value, "Title", TITLE_MAX)


def check_question(value: str) -> str:
    """Return the question of a page as it will be stored."""
    return tidy_line(value, "Question", QUESTION_MAX)


def check_own_prompts(value: object) -> tuple[str, ...]:
    """Return prompts that were typed one a line, each once."""
    if not isinstance(value, str):
        raise broken("Your own ideas must be text")
    if len(value) > _PER_CODE_POINT * PROMPTS_MAX * (PROMPT_MAX + 1):
        raise broken(f"Write at most {PROMPTS_MAX} ideas")
    lines = value.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    prompts = tuple(dict.fromkeys(line for typed in lines if (line := tidy_line(typed, "Each idea", PROMPT_MAX))))
    if len(prompts) > PROMPTS_MAX:
        raise broken(f"Write at most {PROMPTS_MAX} ideas")
    return prompts


def check_themes(value: object) -> tuple[Theme, ...]:
    """Return themes in their usual order, each once."""
    chosen: list[Any] = [*value] if isinstance(value, list | tuple) else [None]  # pyright: ignore[reportUnknownVariableType]
    if any(not isinstance(theme, str) or theme not in THEMES for theme in chosen):
        raise broken("Choose from the themes that are listed")
    return tuple(theme for theme in THEMES if theme in chosen)


def check_accent(value: object) -> Accent:
    """Return a colour that the app has."""
    if not isinstance(value, str) or value not in ACCENTS:
        raise broken("Choose from the colours that are listed")
    return value


def check_most_characters(value: object) -> int:
    """Return a limit that was typed."""
    number = int(typed) if isinstance(value, str) and _DIGITS.fullmatch(typed := value.strip()) else value
    if type(number) is not int or not LEAST_CHARACTERS <= number <= MOST_CHARACTERS:
        raise broken(f"Choose a number from {LEAST_CHARACTERS} to {MOST_CHARACTERS}")
    return number


class SendPageForm(Form):
    """What somebody chose for the send page. What is missing goes back to how it always was.

    Attributes:
        own_prompts: Typed one a line.
    """

    title: Annotated[str, AfterValidator(check_title)] = ""
    question: Annotated[str, AfterValidator(check_question)] = ""
    themes: Annotated[tuple[Theme, ...], BeforeValidator(check_themes)] = ()
    own_prompts: Annotated[tuple[str, ...], BeforeValidator(check_own_prompts)] = ()
    most_characters: Annotated[int, BeforeValidator(check_most_characters)] = MOST_CHARACTERS
    accent: Annotated[Accent, BeforeValidator(check_accent)] = USUAL_ACCENT
    is_indexed: bool = False

    def page(self) -> PageSettings:
        """Return the settings that this form asks for."""
        return PageSettings(**{name: getattr(self, name) for name in type(self).model_fields})
