"""Mailing: the one way that every mail goes out, so that nobody's mailbox can be flooded through us."""

from collections.abc import Callable
from typing import Protocol

from anonmsg.models import Mail
from anonmsg.services.throttling import Throttle


class Mailer(Protocol):
    """What sends mails."""

    async def send(self, mail: Mail) -> None: ...


class Mailing:
    """A mailer that counts the mails to each address, whatever they are for.

    Notices are not counted: a stranger who has asked for all of an hour's mails to somebody must not
    thereby keep the owner from hearing that the password was changed.
    """

    def __init__(self, mailer: Mailer, throttle: Throttle, hash_address: Callable[[str], str]) -> None:
        self._mailer = mailer
        self._throttle = throttle
        self._hash_address = hash_address

    async def send(self, mail: Mail) -> None:
        """Send `mail`.

        Raises:
            TooManyAttempts: If this address has been sent too many.
            MailNotSent: If it was refused or failed.
        """
        await self.count(mail)
        await self.send_counted(mail)

    async def count(self, mail: Mail) -> None:
        """Count a mail before anything is done that only a mail may follow; `send_counted` sends it.

        Raises:
            TooManyAttempts: If this address has been sent too many.
        """
        if not mail.is_notice:
            await self._throttle.count({"mail per address": self._hash_address(mail.to)})

    async def send_counted(self, mail: Mail) -> None:
        """Send a mail that was counted.

        Raises:
            MailNotSent: If it was refused or failed.
        """
        await self._mailer.send(mail)
