"""The outbox: mails as files, for people who try the app without an account at a mail service."""

import asyncio
import logging
import os
import secrets
from datetime import datetime, timedelta
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import TextIO

from anonmsg.clock import Clock
from anonmsg.errors import MailNotSent
from anonmsg.mail.mailer import Mail

log = logging.getLogger(__name__)

OUTBOX_TTL = timedelta(days=7)


class Outbox:
    """Writes each mail to a file that only this user can read, named by time, so that the newest is last."""

    def __init__(self, folder: Path, sender: str, clock: Clock, terminal: TextIO | None = None) -> None:
        """Prepare an outbox; nothing is written yet.

        Args:
            folder: Where the files go; made when the first mail comes.
            sender: The address in the `From` header.
            clock: Tells the time.
            terminal: Where recipient, subject and code are shown, if it is a terminal. Never a log.
        """
        self._folder = folder
        self._sender = sender
        self._clock = clock
        self._terminal = terminal

    async def send(self, mail: Mail) -> None:
        """Write `mail` to a file, and show its code on the terminal.

        Raises:
            MailNotSent: If it can't be written.
        """
        now = self._clock()
        try:
            await asyncio.to_thread(self._write, mail, now)
        except (OSError, MessageError, ValueError) as error:
            log.warning("The outbox can't be written (%s).", type(error).__name__)
            raise MailNotSent("The mail could not be written to the outbox folder. Please try again.") from None
        self._show(mail)

    def tidy(self, now: datetime) -> None:
        """Remove the mails that are too old."""
        for path in self._folder.glob("*.eml"):
            if now.timestamp() - path.stat().st_mtime > OUTBOX_TTL.total_seconds():
                path.unlink(missing_ok=True)

    def _write(self, mail: Mail, now: datetime) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.tidy(now)
        name = f"{now:%Y%m%dT%H%M%S.%f}-{secrets.token_hex(3)}.eml"
        path, draft = self._folder / name, self._folder / f".{name}"
        with open(draft, "xb", opener=lambda file, flags: os.open(file, flags, 0o600)) as file:
            file.write(self._compose(mail, now).as_bytes())
        os.utime(draft, (now.timestamp(), now.timestamp()))
        draft.rename(path)

    def _compose(self, mail: Mail, now: datetime) -> EmailMessage:
        message = EmailMessage(policy=SMTP.clone(utf8=True))
        message["From"] = self._sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(now)
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        return message

    def _show(self, mail: Mail) -> None:
        if self._terminal is None or not self._terminal.isatty():
            return
        code = f"\n    Code:    {mail.code}" if mail.code else ""
        self._terminal.write(f"\n  Mail in the outbox\n    To:      {mail.to}\n    Subject: {mail.subject}{code}\n\n")
        self._terminal.flush()
