"""What the first HTML of a send page shows, as one value that grows with what recipients may choose."""

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from anonmsg import prompts, routes
from anonmsg.models import PageSettings

State = Literal["open", "closed", "unknown", "sent", "away"]

IDEAS_AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class FirstPage:
    """All that the page shows.

    Attributes:
        state: What is known of the inbox, or that the message was sent or the database is away.
        username: The recipient, spelt as they do.
        page: What the recipient chose.
        key: The key of the form.
        site_url: Where the site is.
        opens_at: When a closed inbox opens by itself, None if nobody knows.
        text: What is in the field.
        error: What is wrong with it, "" for nothing.
        failure: A sentence that belongs to no field, "" for none.
        asked: An idea that would replace what is in the field.
        seed: What ideas are chosen by, "" for the key.
        start: How many ideas come before those that are shown.
    """

    state: State
    username: str = ""
    page: PageSettings = field(default_factory=PageSettings)
    key: str = ""
    site_url: str = ""
    opens_at: datetime | None = None
    text: str = ""
    error: str = ""
    failure: str = ""
    asked: str = ""
    seed: str = ""
    start: int = 0

    @property
    def path(self) -> str:
        """The page's address on the site."""
        return routes.send_page(self.username)

    @property
    def all_ideas(self) -> list[str]:
        """All prompts that the page offers, some at a time; the same for the same seed."""
        chance = random.Random(self.seed or self.key)  # noqa: S311  # no secret hangs on this choice
        return prompts.pick(self.page, sample=chance.sample)

    @property
    def ideas(self) -> list[str]:
        """Prompts to pick from; they come round again."""
        ideas = self.all_ideas
        return [ideas[(self.start + number) % len(ideas)] for number in range(min(IDEAS_AT_ONCE, len(ideas)))]

    @property
    def next_start(self) -> int | None:
        """How many ideas come before other ones, None if there are no others."""
        most = len(self.all_ideas)
        return (self.start + IDEAS_AT_ONCE) % most if most > IDEAS_AT_ONCE else None

    @property
    def stays(self) -> bool:
        """Whether it says something that the app's page doesn't know: then that page waits for the next action."""
        if self.state == "open":
            return bool(self.error or self.failure or self.asked)
        return self.state == "sent" or bool(self.text)
