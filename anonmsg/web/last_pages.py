"""What send pages looked like a moment ago, for answers that must not look anything up."""

from collections import OrderedDict
from datetime import datetime, timedelta

from anonmsg.models import PageSettings
from anonmsg.rules import username_key

KEPT_TTL = timedelta(seconds=60)
MOST_PAGES = 1000


class LastPages:
    """A few of what everybody with a link may see; a name that is nobody's any more is forgotten."""

    def __init__(self, most: int = MOST_PAGES) -> None:
        self._most = most
        self._pages: OrderedDict[str, tuple[datetime, str, PageSettings]] = OrderedDict()

    def note(self, username: str, page: PageSettings, now: datetime) -> None:
        """Remember a page; the ones that were looked up longest ago go first."""
        key = username_key(username)
        self._pages[key] = (now, username, page)
        self._pages.move_to_end(key)
        if len(self._pages) > self._most:
            self._pages.popitem(last=False)

    def forget(self, username: str) -> None:
        """Forget a page, if it was remembered."""
        self._pages.pop(username_key(username), None)

    def get(self, username: str, now: datetime) -> tuple[str, PageSettings]:
        """Return how a name is spelt and what its page is like, as far as that is known and young enough."""
        noted_at, spelt, page = self._pages.get(username_key(username), (now, username, PageSettings()))
        return (spelt, page) if now - noted_at < KEPT_TTL else (username, PageSettings())
