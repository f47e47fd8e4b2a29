"""What somebody chose for the send page, as the settings page shows it."""

import dataclasses

from anonmsg.models import MOST_CHARACTERS, USUAL_ACCENT, PageSettings


@dataclasses.dataclass(frozen=True)
class PageRow:
    """The fields of the form, filled.

    Attributes:
        own_prompts: One a line.
    """

    title: str = ""
    question: str = ""
    themes: list[str] = dataclasses.field(default_factory=list)
    own_prompts: str = ""
    most_characters: int = MOST_CHARACTERS
    accent: str = USUAL_ACCENT
    is_indexed: bool = False


def to_page_row(page: PageSettings) -> PageRow:
    """Return the row that shows a page."""
    return PageRow(
        title=page.title,
        question=page.question,
        themes=list(page.themes),
        own_prompts="\n".join(page.own_prompts),
        most_characters=page.most_characters,
        accent=page.accent,
        is_indexed=page.is_indexed,
    )
