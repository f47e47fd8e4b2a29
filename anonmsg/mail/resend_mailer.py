"""Sends mails through Resend, with its own SDK, and puts its refusals into plain words."""

import asyncio
import logging
import re
import ssl
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import httpx  # comes with `resend[async]`
import resend
from resend.exceptions import NoContentError, ResendError
from resend.http_client_async import AsyncHTTPClient

from anonmsg.errors import MailNotSent
from anonmsg.mail.mailer import Mail

log = logging.getLogger(__name__)

TIMEOUT = timedelta(seconds=10)

NOT_SET_UP = "Mails can't be sent right now, because this site's mail service is not set up correctly."
TRY_LATER = "The mail could not be sent. Please try again in a few minutes."
TOO_SLOW = "The mail service does not answer. Please try again in a few minutes."
TOO_MANY = "Too many mails are being sent right now. Please try again in a minute."
USED_UP = "This site has sent as many mails as it may for now. Please try again later."
BAD_ADDRESS = "The mail service does not accept this address. Please check it."

SENTENCES = {
    "missing_api_key": NOT_SET_UP,
    "invalid_api_key": NOT_SET_UP,
    "restricted_api_key": NOT_SET_UP,
    "invalid_from_address": NOT_SET_UP,
    "rate_limit_exceeded": TOO_MANY,
    "daily_quota_exceeded": USED_UP,
    "monthly_quota_exceeded": USED_UP,
    "application_error": TRY_LATER,  # also the SDK's name for what is not JSON, whatever its status
    "HttpClientError": TOO_SLOW,  # the SDK's name for a failed connection
}
"""What a person reads, by the error names of Resend's API (resend.com/docs/api-reference/errors)."""

_BAD_SENDER = re.compile(r"invalid\W+from\b", re.IGNORECASE)


def sentence_for(error: ResendError) -> str:
    """Return the plain reason for an error of the service."""
    name, code = error.error_type, str(error.code)
    if name in SENTENCES:
        return SENTENCES[name]
    if code in {"401", "403"}:  # such as a domain that is not verified
        return NOT_SET_UP
    if code == "429":
        return TOO_MANY
    if name != "validation_error":
        return TRY_LATER
    # One name for both addresses; only the message tells whether the site's own is the bad one.
    return NOT_SET_UP if _BAD_SENDER.search(str(error.message)) else BAD_ADDRESS


class ResendMailer:
    """Sends each mail with one request."""

    def __init__(self, api_key: str, sender: str, api_url: str, timeout: timedelta = TIMEOUT) -> None:
        self._sender = sender
        self._timeout = timeout.total_seconds()
        # The SDK keeps its configuration in its module; one process sends for one account.
        resend.api_key = api_key
        resend.api_url = api_url.rstrip("/")
        resend.default_async_http_client = _OneConnectionPerMail(self._timeout)

    async def send(self, mail: Mail) -> None:
        """Hand `mail` to the service.

        Raises:
            MailNotSent: If it refuses, fails or is silent for too long.
        """
        try:
            async with asyncio.timeout(self._timeout):
                answer: object = await resend.Emails.send_async(*self._request(mail))
        except TimeoutError:
            log.warning("Resend did not answer in time.")
            raise MailNotSent(TOO_SLOW) from None
        except NoContentError:
            answer = None
        except ResendError as error:
            # Its message may repeat the address, so only its code, name and cause are logged.
            cause = type(error.__context__).__name__ if error.__context__ else "an answer"
            log.warning("Resend did not take a mail (%s, %s, %s).", error.code, error.error_type, cause)
            raise MailNotSent(sentence_for(error)) from None
        if not (isinstance(answer, dict) and answer.get("id")):
            log.warning("Resend's answer does not say that it took a mail.")
            raise MailNotSent(TRY_LATER)

    def _request(self, mail: Mail) -> tuple[resend.Emails.SendParams, resend.Emails.SendOptions]:
        parameters: resend.Emails.SendParams = {
            "from": self._sender,
            "to": [mail.to],
            "subject": mail.subject,
            "html": mail.html,
            "text": mail.text,
        }
        return parameters, {"idempotency_key": mail.idempotency_key} if mail.idempotency_key else {}


class _OneConnectionPerMail(AsyncHTTPClient):
    """The SDK's own client, but for the certificates: those it loads anew for each mail, and all wait 30 ms.

    A connection that is kept would belong to one event loop and have to be closed; mails are rare.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._certificates = _certificates()

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        json: dict[str, object] | list[object] | None = None,
        files: dict[str, Any] | None = None,
        data: dict[str, str] | None = None,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        async with httpx.AsyncClient(verify=self._certificates, timeout=self._timeout) as client:
            answer = await client.request(method, url, headers=headers, json=json, files=files, data=data)
        return answer.content, answer.status_code, answer.headers


@cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()
