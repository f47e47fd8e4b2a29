"""Picturing: the pictures of share links, drawn once each on a thread of their own and kept for a while."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from anonmsg.errors import Busy
from anonmsg.models import User
from anonmsg.pictures.cards import Card, Shape
from anonmsg.routes import send_page

MOST_BYTES = 8 * 1024 * 1024
"""How much memory kept pictures may take; a picture has about 20 KB."""

MOST_WAITING = 32
"""How many pictures may wait to be drawn."""

Draw = Callable[[Card, Shape], bytes]


class Pictures:
    """Draws what a recipient's link looks like elsewhere. What a picture shows decides its name, so it never ages."""

    def __init__(
        self, draw: Draw, site_url: str, most_bytes: int = MOST_BYTES, most_waiting: int = MOST_WAITING
    ) -> None:
        self._draw = draw
        self._site_url = site_url
        self._most_bytes = most_bytes
        self._most_waiting = most_waiting
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._kept_bytes = 0
        self._drawing: dict[str, asyncio.Task[bytes]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pictures")  # the fonts are not for several at once

    def card(self, recipient: User) -> Card:
        """Return what a recipient's pictures show."""
        link, page = f"{self._site_url}{send_page(recipient.username)}", recipient.page
        return Card(recipient.username, link, page.title, page.question, page.accent)

    async def get(self, card: Card, shape: Shape) -> bytes:
        """Return a picture as PNG.

        Raises:
            Busy: If too many others have to be drawn before.
        """
        name = f"{shape}-{card.digest()}"
        if name in self._kept:
            self._kept.move_to_end(name)
            return self._kept[name]
        if name not in self._drawing:
            if len(self._drawing) >= self._most_waiting:
                raise Busy
            self._drawing[name] = asyncio.create_task(self._make(name, card, shape))
        return await asyncio.shield(self._drawing[name])  # who hangs up must not take it from others who wait for it

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _make(self, name: str, card: Card, shape: Shape) -> bytes:
        try:
            loop = asyncio.get_running_loop()
            picture = await loop.run_in_executor(self._thread, partial(self._draw, card, shape))
            self._keep(name, picture)
            return picture
        finally:
            del self._drawing[name]

    def _keep(self, name: str, picture: bytes) -> None:
        self._kept[name] = picture
        self._kept_bytes += len(picture)
        while self._kept_bytes > self._most_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= len(oldest)
