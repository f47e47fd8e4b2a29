"""What a mail is, and what every way of sending one promises."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, ready to send.

    Attributes:
        to: The address as the person typed it.
        code: The verification code inside, if any; only the outbox shows it, on a terminal.
        idempotency_key: The same key is never delivered twice, however often it is sent.
    """

    to: str
    subject: str
    html: str
    text: str
    code: str = ""
    idempotency_key: str = ""


class Mailer(Protocol):
    """Sends mails."""

    async def send(self, mail: Mail) -> None:
        """Send `mail`.

        Raises:
            MailNotSent: If it was refused or failed; the sentence is the plain reason.
        """
        ...
