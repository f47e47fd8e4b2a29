"""What every way of sending a mail promises."""

from typing import Protocol

from anonmsg.models import Mail


class Mailer(Protocol):
    """Sends mails."""

    async def send(self, mail: Mail) -> None:
        """Send `mail`.

        Raises:
            MailNotSent: If it was refused or failed; the sentence is the plain reason.
        """
        ...


__all__ = ["Mail", "Mailer"]
