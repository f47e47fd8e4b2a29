"""The gate that every event passes before a handler sees it."""

import functools
import logging
from typing import Annotated, Any

import reflex as rx
from pydantic import AfterValidator, TypeAdapter
from reflex.event import Event
from reflex.state import BaseState, FrontendEventExceptionState, OnLoadInternalState, StateUpdate
from reflex_base.constants import CompileVars
from reflex_base.constants.state import FIELD_MARKER
from reflex_base.registry import RegistrationContext
from reflex_base.utils.form import form_data_as_dict

from anonmsg.sparing import SparingLog
from anonmsg.states.dashboard import DashboardState
from anonmsg.states.private import forget_unless_owner
from anonmsg.states.registration import BrowserRegistration

log = SparingLog(logging.getLogger(__name__))

OURS = "anonmsg."
HYDRATE = f"{rx.State.get_full_name()}.hydrate_and_load"
"""What a page sends as it connects; the answer is all that the server keeps for this tab."""

STORED = f"{BrowserRegistration.get_full_name()}.token{FIELD_MARKER}"
"""What browsers keep for us, by its name in events."""


def _check_stored(values: dict[str, str] | None) -> dict[str, str] | None:
    if values and values.keys() != {STORED}:
        raise ValueError
    return values


FRAMEWORK: dict[str, dict[str, Any]] = {
    HYDRATE: {"vars": Annotated[dict[str, str] | None, AfterValidator(_check_stored)], "hashes": list[str] | None},
    f"{OnLoadInternalState.get_full_name()}.on_load_internal": {},
    f"{OnLoadInternalState.get_full_name()}.set_is_hydrated": {"value": bool},
    f"{FrontendEventExceptionState.get_full_name()}.handle_frontend_exception": {"info": str, "component_stack": str},
}
"""The framework's own handlers that our pages use, with their arguments. It has more, such as one that
sends all that is kept for a tab without asking whose tab it is; nobody needs those.
"""


class Gate(rx.Middleware):
    """Drops events that no page of ours sends, and private state whose owner is gone.

    The framework converts arguments where it can and passes on what it can't, and it gives a tab
    that comes back the state that it left, whoever is signed in by then.
    """

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """Return None to let the event pass, an empty update to drop it."""
        if not _fits(event.name, event.payload):
            log.warn(f"Dropped an event whose arguments do not fit {event.name.rsplit('.', 1)[-1]}.")
            return StateUpdate()
        if event.name == HYDRATE:
            await forget_unless_owner(state)
            is_new_page = bool(event.payload.get(CompileVars.PAYLOAD_HASHES))  # of what it was built with
            (await state.get_state(DashboardState))._note_connection(is_new_page=is_new_page)
        return None


@functools.cache
def _adapters(name: str) -> dict[str, TypeAdapter[Any]] | None:
    """Return what checks each argument of a handler; None for one that no page of ours uses."""
    handler = RegistrationContext.get().event_handlers[name].handler
    hints = handler._type_hints or {} if handler.fn.__module__.startswith(OURS) else FRAMEWORK.get(name)
    if hints is None:
        return None
    return {argument: TypeAdapter(hint) for argument, hint in hints.items() if argument != "return"}


def _fits(name: str, payload: object) -> bool:
    """Return whether the arguments are exactly those of the handler, in name and type; a missing one is None."""
    adapters = _adapters(name)
    if adapters is None or not isinstance(payload, dict) or not payload.keys() <= adapters.keys():
        return False
    try:
        for argument, adapter in adapters.items():
            adapter.validate_python(form_data_as_dict(payload.get(argument)), strict=True)
    except (ValueError, TypeError):  # pydantic's is a ValueError; the others are form entries that are no pairs
        return False
    return True
