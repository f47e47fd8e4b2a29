"""Sends mails through Resend, with its own SDK, and puts its refusals into plain words."""

import asyncio
import logging
from datetime import timedelta

import resend
from resend.exceptions import ResendError
from resend.http_client_httpx import HTTPXClient

from anonmsg.errors import MailNotSent
from anonmsg.mail.mailer import Mail

log = logging.getLogger(__name__)

TIMEOUT = timedelta(seconds=10)

NOT_SET_UP = "Mails can't be sent right now, because this site's mail service is not set up correctly."
TRY_LATER = "The mail could not be sent. Please try again in a few minutes."
TOO_SLOW = "The mail service does not answer. Please try again in a few minutes."
TOO_MANY = "Too many mails are being sent right now. Please try again in a minute."
BAD_ADDRESS = "The mail service does not accept this address. Please check it."

SENTENCES = {
    "missing_api_key": NOT_SET_UP,
    "invalid_api_key": NOT_SET_UP,
    "restricted_api_key": NOT_SET_UP,
    "invalid_from_address": NOT_SET_UP,
    "rate_limit_exceeded": TOO_MANY,
    "daily_quota_exceeded": TRY_LATER,
    "monthly_quota_exceeded": TRY_LATER,
    "HttpClientError": TOO_SLOW,
}
"""What a person reads, by the error names of Resend's API (resend.com/docs/api-reference/errors)."""


def sentence_for(error: ResendError) -> str:
    """Return the plain reason for an error of the service."""
    name, code = str(getattr(error, "error_type", "")), str(getattr(error, "code", ""))
    if name in SENTENCES:
        return SENTENCES[name]
    if code in {"401", "403"}:  # such as a domain that is not verified
        return NOT_SET_UP
    return BAD_ADDRESS if code in {"400", "422"} else TOO_MANY if code == "429" else TRY_LATER


class ResendMailer:
    """Sends each mail with one request."""

    def __init__(self, api_key: str, sender: str, api_url: str, timeout: timedelta = TIMEOUT) -> None:
        self._sender = sender
        self._timeout = timeout.total_seconds()
        # The SDK keeps its configuration in its module; one process sends for one account.
        resend.api_key = api_key
        resend.api_url = api_url
        resend.default_async_http_client = HTTPXClient(timeout=max(1, round(self._timeout)))

    async def send(self, mail: Mail) -> None:
        """Hand `mail` to the service.

        Raises:
            MailNotSent: If it refuses, fails or is silent for too long.
        """
        parameters: resend.Emails.SendParams = {
            "from": self._sender,
            "to": [mail.to],
            "subject": mail.subject,
            "html": mail.html,
            "text": mail.text,
        }
        options: resend.Emails.SendOptions = {"idempotency_key": mail.idempotency_key} if mail.idempotency_key else {}
        try:
            async with asyncio.timeout(self._timeout):
                await resend.Emails.send_async(parameters, options)
        except TimeoutError:
            log.warning("Resend did not answer in time.")
            raise MailNotSent(TOO_SLOW) from None
        except ResendError as error:
            # Its message may repeat the address, so only its name and code are logged.
            log.warning("Resend refused a mail (%s, %s).", error.code, error.error_type)
            raise MailNotSent(sentence_for(error)) from None
