"""The dialog in which somebody confirms with the password that it is them."""

from collections.abc import Collection
from typing import Any

import reflex as rx

from anonmsg.errors import AnonmsgError, IncorrectPassword, InvalidInput
from anonmsg.schemas import ConfirmForm
from anonmsg.states.settings import SettingsSection


class ConfirmState(SettingsSection, rx.State):
    """Checks the password, and lets the page go on with what it was asked for."""

    @rx.event
    async def submit(self, submitted: dict[str, Any]):
        """Confirm; then the button that had to wait is pressed again, once."""
        self._clear_errors()
        self.busy = True
        yield
        try:
            form = self._read(ConfirmForm, submitted)
            await self._services().confirmation.confirm(await self._owner(), form)
        except IncorrectPassword as error:
            yield self._show(InvalidInput({"current_password": str(error)}))
        except AnonmsgError as error:
            yield await self._refuse(error)
        else:
            page = await self._page()
            page.asks, page.press = "", page.asks
            yield
            page.press = ""  # or a page that comes back would press it again
        finally:
            self.busy = False

    def _fields(self) -> Collection[str]:
        return ConfirmForm.model_fields
