"""The section of the settings page about the send page: what senders see and are asked."""

from collections.abc import Collection
from typing import Any

import reflex as rx

from anonmsg.errors import AnonmsgError
from anonmsg.models import THEMES
from anonmsg.page_forms import SendPageForm
from anonmsg.states.page_row import to_page_row
from anonmsg.states.settings import SettingsSection

THEME_PREFIX = "theme_"
"""Each theme is a box of its own in the form: two of one name would be two values of one field."""


class SendPageState(SettingsSection, rx.State):
    """Changes the send page. Nothing here could harm its owner, so no password is asked for.

    Attributes:
        done: A sentence after it worked.
    """

    done: rx.Field[str] = rx.field("")

    @rx.event
    async def submit(self, submitted: dict[str, Any]):
        """Keep what somebody chose; senders see it from now on."""
        self._clear_errors()
        self.done, self.busy = "", True
        yield
        try:
            identity = await self._owner()
            form = self._read(SendPageForm, _values(submitted))
            page = await self._services().send_pages.change(identity, form)
        except AnonmsgError as error:
            yield await self._refuse(error)
        else:
            (await self._page()).send_page = to_page_row(page)
            self.done = "Saved."
        finally:
            self.busy = False

    def _fields(self) -> Collection[str]:
        return ("title", "question", "own_prompts", "most_characters")


def _values(submitted: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a form whose boxes say something by being there."""
    themes = [theme for theme in THEMES if submitted.get(THEME_PREFIX + theme)]
    return {**submitted, "themes": themes, "is_indexed": bool(submitted.get("is_indexed"))}
