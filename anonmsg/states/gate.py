"""The gate that every event passes before a handler sees it."""

import functools
import logging
from typing import Any

import reflex as rx
from pydantic import TypeAdapter, ValidationError
from reflex.event import Event
from reflex.state import BaseState, StateUpdate
from reflex_base.registry import RegistrationContext
from reflex_base.utils.form import form_data_as_dict

from anonmsg.errors import AnonmsgError
from anonmsg.states.dashboard import DashboardState

log = logging.getLogger(__name__)

HYDRATE = "hydrate_and_load"
OURS = "anonmsg."


class Gate(rx.Middleware):
    """Drops events whose arguments have the wrong types, and private state whose owner is gone.

    The framework converts arguments where it can and passes on what it can't, and it gives a tab
    that comes back the state that it left, whoever is signed in by then.
    """

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """Return None to let the event pass, an empty update to drop it."""
        if event.name.endswith("." + HYDRATE):
            await _forget_unless_owner(state)
            return None
        if _fits(event.name, event.payload):
            return None
        log.warning("Dropped an event whose arguments do not fit %s.", event.name.rsplit(".", 1)[-1])
        return StateUpdate()


async def _forget_unless_owner(state: BaseState) -> None:
    """Empty the dashboard of a tab unless the browser is still signed in as the one it was made for."""
    dashboard = await state.get_state(DashboardState)
    if not dashboard._user_id:
        return
    try:
        identity = await dashboard._identify()
    except AnonmsgError:
        identity = None
    if identity is None or identity.user_id != dashboard._user_id:
        dashboard.reset()


@functools.cache
def _adapters(name: str) -> dict[str, TypeAdapter[Any]] | None:
    """Return what checks each argument of a handler of ours; None for the framework's own handlers."""
    registered = RegistrationContext.get().event_handlers.get(name)
    if registered is None or not registered.handler.fn.__module__.startswith(OURS):
        return None
    hints = registered.handler._type_hints or {}
    return {argument: TypeAdapter(hint) for argument, hint in hints.items() if argument != "return"}


def _fits(name: str, payload: dict[str, Any]) -> bool:
    adapters = _adapters(name)
    if adapters is None:
        return True
    if set(payload) != set(adapters):
        return False
    try:
        for argument, value in payload.items():
            adapters[argument].validate_python(form_data_as_dict(value), strict=True)
    except ValidationError:
        return False
    return True
