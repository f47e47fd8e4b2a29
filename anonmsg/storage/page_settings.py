"""The `page` of a user document: what somebody chose for the send page, sealed as a whole."""

import json
import logging
from dataclasses import asdict
from typing import Any

from bson import ObjectId

from anonmsg.models import ACCENTS, THEMES, PageSettings
from anonmsg.storage.encryption import CannotOpen, Sealer, pad, unpad

log = logging.getLogger(__name__)

USUAL = PageSettings()


class PageVault:
    """Keeps pages unreadable. Its key is derived, not stored, so that opening one asks the database nothing."""

    def __init__(self, encryption_key: bytes) -> None:
        self._sealer = Sealer(encryption_key)

    def seal(self, page: PageSettings, user_id: ObjectId) -> bytes:
        """Return `page` sealed for this user, and padded."""
        plain = json.dumps(asdict(page), ensure_ascii=False).encode()
        return self._sealer.seal(pad(plain), _place(user_id))

    def open(self, sealed: bytes | None, user_id: ObjectId) -> PageSettings:
        """Return what was sealed; the usual page for None, and for what can't be read: nobody's link may break."""
        if sealed is None:
            return USUAL
        try:
            return _page(json.loads(unpad(self._sealer.open(sealed, _place(user_id)))))
        except (CannotOpen, ValueError, TypeError, KeyError):
            log.warning("The page settings of user %s can't be read.", user_id)
            return USUAL


def _place(user_id: ObjectId) -> bytes:
    return b"page:" + user_id.binary


def _page(stored: dict[str, Any]) -> PageSettings:
    """Return stored settings; a theme or colour that the app no longer has is left out."""
    known: dict[str, Any] = {
        **stored,
        "themes": tuple(theme for theme in THEMES if theme in stored["themes"]),
        "own_prompts": tuple(stored["own_prompts"]),
        "accent": stored["accent"] if stored["accent"] in ACCENTS else USUAL.accent,
    }
    return PageSettings(**known)
