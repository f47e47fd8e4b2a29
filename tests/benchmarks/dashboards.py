"""Open dashboards, as their websockets see them."""

import json
import time
from collections.abc import Mapping

from anonmsg.states.dashboard import DashboardState
from anonmsg.states.gate import HYDRATE
from tests.benchmarks.site import Site
from tests.e2e.raw_socket import RawSocket

READY = '"status_rx_state_":"ready"'
PAGE = "/dashboard"


def open_dashboard(site: Site, cookie: str) -> tuple[RawSocket, float]:
    """Open a dashboard; return it and after how many seconds its messages were there."""
    began = time.perf_counter()
    tab = RawSocket(site.app.port, [("Origin", site.app.url), ("Cookie", cookie)])
    tab.join(HYDRATE, PAGE)
    if not _is_ready(tab):
        tab.send(
            tab.call("reflex___state____state.reflex___state____on_load_internal_state.on_load_internal", {}, PAGE)
        )
        tab.wait(lambda: _is_ready(tab))
    return tab, time.perf_counter() - began


def _is_ready(tab: RawSocket) -> bool:
    return any(READY in frame.replace(" ", "") for frame in tab.heard)


def call(tab: RawSocket, handler: str, payload: Mapping[str, object]) -> None:
    """Call a handler of the dashboard."""
    tab.send(tab.call(f"{DashboardState.get_full_name()}.{handler}", payload, PAGE))


def wait_for(tab: RawSocket, text: str) -> float:
    """Wait until a dashboard hears a text, and return when that was."""
    told = json.dumps(text)[1:-1]
    tab.wait(lambda: any(told in frame for frame in tab.heard))
    tab.heard.clear()
    return time.perf_counter()
