"""What comes in from pages, before it is an event that the framework works on."""

import logging
import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from reflex.app import EventNamespace
from reflex.istate.data import ReflexURL
from reflex_base.constants import CompileVars
from reflex_base.registry import RegistrationContext

from anonmsg.live import audience
from anonmsg.sparing import SparingLog

log = SparingLog(logging.getLogger(__name__))

VERSION = re.compile(r"[\d.]{1,20}|[0-9a-f]{32}", re.ASCII)
"""Of the framework, or of the state that a page was built for."""

MOST_ADDRESS = 8192
"""In characters; servers take addresses of about this length."""


class _Where(BaseModel):
    """The address that a page says it is at."""

    model_config = ConfigDict(strict=True)

    pathname: str = Field("/", max_length=MOST_ADDRESS)
    address: str = Field("/", alias="asPath", max_length=MOST_ADDRESS)
    query: dict[str, str] = {}

    def is_address(self) -> bool:
        """Return whether it can be taken apart, as the framework will."""
        try:
            ReflexURL(f"http://localhost{self.address}")
        except ValueError:
            return False
        return self.pathname.startswith("/") and self.address.startswith("/")


class _PageEvent(BaseModel):
    """An event as pages send it; its arguments are checked by the gate, which knows its handler."""

    model_config = ConfigDict(strict=True)

    name: str
    payload: dict[str, Any] = {}
    where: _Where = Field(default_factory=lambda: _Where.model_validate({}), alias="router_data")


class Wire(EventNamespace):
    """The framework's side of the websocket, which would raise, log or keep what no page sends."""

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        """Take a tab in; the versions that it claims may be logged, so they must look like some."""
        if not _is_version(environ.get("HTTP_SEC_WEBSOCKET_PROTOCOL")):
            environ = {**environ, "HTTP_SEC_WEBSOCKET_PROTOCOL": ""}
        known: dict[str, Any] = {}
        if isinstance(auth, dict):
            first, schema = auth.get(CompileVars.CONNECT_AUTH_EVENT), auth.get(CompileVars.CONNECT_AUTH_STATE_SCHEMA)
            if first is not None and _read(first) is not None:
                known[CompileVars.CONNECT_AUTH_EVENT] = first
            if _is_version(schema):
                known[CompileVars.CONNECT_AUTH_STATE_SCHEMA] = schema
        await super().on_connect(sid, environ, known)

    def on_disconnect(self, sid: str) -> Any:
        """Forget a tab that is gone at once, not when the next change finds it missing."""
        tab = self.sid_to_token.get(sid)
        if tab is not None and audience.connection(tab) == sid:
            audience.discard(tab)
        return super().on_disconnect(sid)

    async def on_event(self, sid: str, data: Any) -> None:
        """Pass on an event that a page could send, and drop anything else."""
        if sid not in self.sid_to_token:
            log.warn("Dropped an event of nobody's tab.")
        elif (event := _read(data)) is not None:
            await super().on_event(sid, event.model_dump(by_alias=True))

    def _build_static_router_data(self, sid: str, environ: dict[str, Any]) -> dict[str, Any]:
        known = super()._build_static_router_data(sid, environ)
        for name in ("raw-headers", "raw_headers"):  # would collide with an argument of the framework's own
            known["headers"].pop(name, None)
        return known


def _is_version(value: object) -> bool:
    return isinstance(value, str) and VERSION.fullmatch(value) is not None


def _read(data: object) -> _PageEvent | None:
    """Return an event, None if no page sends it or nothing here handles it."""
    try:
        event = _PageEvent.model_validate(data)
    except ValidationError:
        event = None
    if event is None or not event.where.is_address():
        log.warn("Dropped an event that no page sends.")
        return None
    if event.name not in RegistrationContext.get().event_handlers:
        log.warn("Dropped an event that no handler is registered for.")
        return None
    return event
