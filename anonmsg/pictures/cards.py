"""What is drawn, and in which shapes."""

import hashlib
import json
from dataclasses import astuple, dataclass
from typing import Literal, get_args

Shape = Literal["preview", "square", "story"]
"""For a chat that previews a link (Open Graph), for a feed, and for a phone's whole screen."""

SHAPES: tuple[Shape, ...] = get_args(Shape)

SIZES: dict[Shape, tuple[int, int]] = {"preview": (1200, 630), "square": (1080, 1080), "story": (1080, 1920)}
"""Width and height in pixels."""

PREVIEW, QR_SVG, QR_PNG, POSTER = "preview.png", "qr.svg", "qr.png", "poster"
"""What lies below a send page, beside a picture of each shape; `routes.shared_file` makes addresses of these names."""

QUESTION = "Send me an anonymous message"
"""What a picture asks if its recipient asks nothing in particular."""

DRAWN_AS = 2
"""Another look gets another number, so that no cache shows the old one."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a recipient's pictures show.

    Attributes:
        link: The share link.
        title: What the recipient calls the page, "" for the username.
        question: What senders are asked, "" for `QUESTION`.
        accent: The name of the page's colour.
    """

    username: str
    link: str
    title: str = ""
    question: str = ""
    accent: str = "clay"

    def digest(self) -> str:
        """Return a hash of everything that the pictures depend on."""
        return hashlib.sha256(json.dumps([DRAWN_AS, *astuple(self)]).encode()).hexdigest()[:16]

    @property
    def plain_link(self) -> str:
        """The link as people write it, without a scheme."""
        return self.link.partition("://")[2]
