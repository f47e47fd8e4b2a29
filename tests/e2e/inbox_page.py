"""What stories of the dashboard need: messages that come, keys on a card, what is read aloud, and the page's socket."""

import re
from typing import Any

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.people import Recipient
from tests.e2e.test_inbox import card

SAID = """(where) => {
  window.said = [];
  const note = ({ type, addedNodes, target }) => {
    const region = (target.closest ? target : target.parentElement)?.closest(where);
    const news = type === "characterData" ? [target] : [...addedNodes];
    if (region) window.said.push(...news.map((node) => node.textContent.trim()).filter(Boolean));
  };
  const watch = { childList: true, characterData: true, subtree: true };
  new MutationObserver((records) => records.forEach(note)).observe(document.body, watch);
}"""
"""Notes in `window.said` what is put into an element that is read aloud, also when it is the same again."""


def receive(recipient: Recipient, *texts: str) -> None:
    """Have messages sent to somebody, the way programs do, and wait until the last is there."""
    for text in texts:
        form = {"username": recipient.username, "content": text}
        assert recipient.page.request.post(f"{recipient.app.url}/api/send-message", data=form).ok
    expect(card(recipient.page, texts[-1])).to_have_count(1)


def press(page: Page, text: str, name: str) -> None:
    """Press a button of a card with the keyboard."""
    card(page, text).get_by_role("button", name=name, exact=True).focus()
    page.keyboard.press("Enter")


class Wire:
    """What goes between a page and the server; made before the page is opened.

    Attributes:
        vars: What the page is told instead of what the server says, by the names of the state.
        lost: The names of events that do not reach the server.
        events: The messages that the page has sent.
        last_undo: The last message with something that can be taken back.
    """

    def __init__(self, page: Page) -> None:
        self.vars: dict[str, str] = {}
        self.lost: set[str] = set()
        self.events: list[str] = []
        self.last_undo = ""
        self._page_end: WebSocketRoute | None = None
        page.route_web_socket(re.compile("_event"), self._connect)

    def tell(self, message: str) -> None:
        """Tell the page something as the server would."""
        assert self._page_end is not None
        self._page_end.send(message)

    def _connect(self, page_end: WebSocketRoute) -> None:
        server_end = page_end.connect_to_server()
        self._page_end = page_end

        def up(message: Any) -> None:
            self.events.append(str(message))
            if not any(name in str(message) for name in self.lost):
                server_end.send(message)

        def down(message: Any) -> None:
            text = str(message)
            for name, value in self.vars.items():
                text = re.sub(rf'"{name}_rx_state_":(?:"[^"]*"|[^,}}]+)', f'"{name}_rx_state_":{value}', text)
            if "act_id" in text:
                self.last_undo = text
            page_end.send(text)

        page_end.on_message(up)
        server_end.on_message(down)
