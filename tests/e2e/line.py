"""The connection of a page to the app, as networks make it: cut, slow to come back, or there and carrying nothing."""

from playwright.sync_api import Page

LOST = "No connection. What you typed is kept; trying again…"
LIVE = '"is_hydrated_rx_state_":true'
"""What the server says when a page that has just connected knows everything."""

SOCKETS = """
window.line = { way: "_event", deaf: false, mute: false, heard: "", sockets: [] };
window.WebSocket = class extends WebSocket {
  constructor(url, ...more) {
    super(String(url).replace("_event", line.way), ...more);
    line.sockets.push(this);
    this.addEventListener("message", (event) => {
      if (line.mute) event.stopImmediatePropagation();
      else line.heard += event.data;
    });
  }
  send(said) {
    if (!line.deaf) super.send(said);
  }
};
"""
"""Lets a story say what becomes of what a page says and hears."""

CUT = """(state) => {
  Object.assign(line, state);
  line.sockets.forEach((socket) => socket.close());
}"""
"""In one step, because no new connection may be made between its parts."""

CONNECTING_MS = 30_000
"""The framework's client gives up a connection that says nothing after 20 seconds, then makes another."""


class Line:
    """The connection of a page to the app, which can be cut, or be there and carry nothing."""

    def __init__(self, page: Page) -> None:
        self._page = page
        page.add_init_script(SOCKETS)

    def set(self, **state: object) -> None:
        """Let the connection be `deaf` to what the page says, `mute`, or let new ones go another `way`."""
        self._page.evaluate("(state) => Object.assign(line, state)", state)

    def cut(self, **state: object) -> None:
        """End the connection; a new one can't be made, or is as `state` says."""
        self._page.evaluate(CUT, state or {"way": "_nowhere"})

    def mend(self) -> None:
        """Let connections be made again, and wait until the page has one."""
        self.cut(way="_event", deaf=False, mute=False, heard="")
        self._page.wait_for_function("(live) => line.heard.includes(live)", arg=LIVE, timeout=CONNECTING_MS)
        self._page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
