"""`/u/<username>` as plain HTTP: the first HTML, and the form that a browser sends by itself."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from anonmsg import send_form
from anonmsg.bootstrap import services
from anonmsg.errors import AnonmsgError, InboxClosed, InvalidInput, TooManyAttempts, TooSlow, UserNotFound
from anonmsg.prompts import begun
from anonmsg.routes import send_page
from anonmsg.rules import is_send_key, is_username
from anonmsg.schemas import MessageForm, parse
from anonmsg.web import robots
from anonmsg.web.build import Build
from anonmsg.web.clients import client_bucket
from anonmsg.web.first_form import IDEA, KEEP, OTHERS, REPLACE, SEED, START
from anonmsg.web.first_page import body
from anonmsg.web.last_pages import LastPages
from anonmsg.web.origin import SENTENCE as FROM_ELSEWHERE
from anonmsg.web.packing import packed
from anonmsg.web.previews import head
from anonmsg.web.send_view import FirstPage, State

SENT, AGAIN = "sent", "again"
"""Queries: the page after a message was sent, and one with a new form whatever the browser has kept."""

KEPT_TTL = timedelta(minutes=5)
"""For so long a browser may show a form again with its old key: whoever comes back later writes something new."""

TAG = re.compile(r'W/"(?P<key>[0-9]{13}\.[\w-]{16})\.[0-9a-f]{32}"', re.ASCII)
START_DIGITS = re.compile(r"[0-9]{1,3}", re.ASCII)
FORM_TYPE = "application/x-www-form-urlencoded"
MOST_FIELDS = 20
STATUSES = {"unknown": 404, "away": 503}
TOO_LONG = "This message is too long"
STILL_THERE = "Your browser still has your text: go back"

REFUSALS: dict[type[AnonmsgError], int] = {
    InvalidInput: 400,
    InboxClosed: 403,
    UserNotFound: 404,
    TooSlow: 408,
    TooManyAttempts: 429,
}
"""The status of what can't be sent; else the database is away or there is too much to do."""


class SendPages:
    """Answers for everybody's send page. What it says and refuses is what the app's page says and refuses."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._last = LastPages()

    async def show(self, request: Request, name: str) -> Response:
        """Answer with the page of a name, or with the word that the browser has it already."""
        now, query = services().clock(), request.url.query
        page = await self._look(name)
        if query == SENT and page.state in {"open", "closed"}:
            page = replace(page, state="sent")
        kept = None if query == AGAIN else self._kept(request.headers, page, now)
        if kept:
            return Response(status_code=304, headers=self._headers(page, kept))
        page = replace(page, key=send_form.new_key(now))
        document = self._document(page)
        headers = self._headers(page, _tag(page.key, document))
        return packed(request.headers, document, STATUSES.get(page.state, 200), headers)

    async def take(self, request: Request, name: str) -> Response:
        """Take the form: send the message, or come back with what was written and what is wrong with it."""
        fields = await _read(request)
        if fields.keys() & {IDEA, OTHERS, REPLACE, KEEP}:
            return await self._suggest(request, name, fields)
        running = services()
        try:
            form = parse(MessageForm, {"username": name, "content": fields.get("content", "")})
            folder = send_form.folder_for(fields, running.clock())
            await running.sharing.send(
                form, client_bucket(request, services()), folder, send_form.key_of(fields), send_form.mark_of(fields)
            )
        except AnonmsgError as error:
            return await self._refuse(request, name, fields, error)
        return RedirectResponse(f"{send_page(name)}?{SENT}", 303)

    def too_large(self, request: Request, name: str) -> Response:
        """Answer to a form that was not even read; the browser that sent it still has the text."""
        page = replace(self._unseen(name), error=TOO_LONG, failure=f"{STILL_THERE} to shorten it.")
        return packed(request.headers, self._document(page), 413, self._headers(page))

    def from_elsewhere(self, request: Request, name: str) -> Response:
        """Answer to a form that may come from another site's page."""
        page = replace(self._unseen(name), failure=f"{FROM_ELSEWHERE}. {STILL_THERE}.")
        return packed(request.headers, self._document(page), 403, self._headers(page))

    def unread(self, request: Request, name: str, error: AnonmsgError) -> Response:
        """Answer to a form that was not read because its network sends too much, or it came too slowly."""
        page = replace(self._unseen(name), failure=f"{error} {STILL_THERE}.")
        return packed(
            request.headers, self._document(page), _status(error), {**self._headers(page), **_retry_after(error)}
        )

    def _unseen(self, name: str) -> FirstPage:
        """Return a page for whom nothing is looked up for: as it was a moment ago, if it was looked up then."""
        if not is_username(name):
            return self._page("unknown")
        username, page = self._last.get(name, services().clock())
        return self._page("open", username=username, page=page)

    async def _suggest(self, request: Request, name: str, fields: Mapping[str, str]) -> Response:
        """Answer with an idea in the field, or ask first if there is something else."""
        text = fields.get("content", "")
        idea = fields.get(REPLACE) or fields.get(IDEA, "")
        page = replace(await self._look(name), text=text, **self._shown(fields))
        if idea and (REPLACE in fields or not text.strip() or text.strip() in page.all_ideas):
            page = replace(page, text=begun(idea))
        elif idea:
            page = replace(page, asked=idea)
        return packed(request.headers, self._document(page), STATUSES.get(page.state, 200), self._headers(page))

    async def _refuse(self, request: Request, name: str, fields: Mapping[str, str], error: AnonmsgError) -> Response:
        status = _status(error)
        # Who comes too often, or while the database is away, causes no further question.
        page = self._unseen(name) if status in {429, 503} else await self._look(name)
        errors = error.errors if isinstance(error, InvalidInput) else {"": str(error)}
        page = replace(
            page,
            **self._shown(fields),
            text=fields.get("content", ""),
            error=send_form.content_error(errors.get("content", ""), page.page.most_characters),
            failure=next((sentence for field, sentence in errors.items() if field != "content"), ""),
        )
        status = STATUSES.get(page.state, status)
        return packed(request.headers, self._document(page), status, {**self._headers(page), **_retry_after(error)})

    async def _look(self, name: str) -> FirstPage:
        try:
            recipient = await services().sharing.recipient(name)
        except UserNotFound:
            self._last.forget(name)
            return self._page("unknown")
        except AnonmsgError as error:
            return self._page("away", username=name if is_username(name) else "", failure=str(error))
        now, opening = services().clock(), recipient.opening
        state = "open" if opening.is_open(now) else "closed"
        self._last.note(recipient.username, recipient.page, now)
        return self._page(state, username=recipient.username, page=recipient.page, opens_at=opening.opens_next(now))

    def _page(self, state: State, **more: object) -> FirstPage:
        return replace(FirstPage(state, key=self._new_key(), site_url=services().settings.site_url), **more)

    def _shown(self, fields: Mapping[str, str]) -> dict[str, Any]:
        """Return the key of a form that comes back, and which ideas it shows."""
        seed, start = fields.get(SEED, ""), fields.get(OTHERS) or fields.get(START, "")
        return {
            "key": send_form.key_of(fields) or self._new_key(),
            "seed": seed if is_send_key(seed) else "",
            "start": int(start) if START_DIGITS.fullmatch(start) else 0,
        }

    def _new_key(self) -> str:
        return send_form.new_key(services().clock())

    def _kept(self, request: Headers, page: FirstPage, now: datetime) -> str:
        """Return the tag of the page that the browser has, if it is this one and young enough; else ""."""
        found = TAG.search(", ".join(request.getlist("if-none-match")))
        written_at = send_form.written_at(found["key"]) if found else None
        if found is None or written_at is None or not timedelta(0) <= now - written_at < KEPT_TTL:
            return ""
        key = found["key"]
        return found[0] if _tag(key, self._document(replace(page, key=key))) == found[0] else ""

    def _document(self, page: FirstPage) -> str:
        return self._build.document(head(page), body(page))

    def _headers(self, page: FirstPage, tag: str = "") -> dict[str, str]:
        listed = robots.LISTED if page.page.is_indexed else robots.UNLISTED
        # The page holds the key of one browser's form, which no other may get.
        kept = {"cache-control": "private, no-cache", "vary": "Accept-Encoding"}
        return {robots.TAG: listed, **kept, **({"etag": tag} if tag else {})}


def _status(error: AnonmsgError) -> int:
    return next((REFUSALS[kind] for kind in type(error).__mro__ if kind in REFUSALS), 503)


def _retry_after(error: AnonmsgError) -> dict[str, str]:
    return {"retry-after": str(error.seconds)} if isinstance(error, TooManyAttempts) else {}


def _tag(key: str, document: str) -> str:
    """Return what tells a document from every other, packed or not (RFC 9110 section 8.8.3)."""
    return f'W/"{key}.{hashlib.sha256(document.encode()).hexdigest()[:32]}"'


async def _read(request: Request) -> Mapping[str, str]:
    """Return the fields of a form; of one that comes twice the last, of anything else than a form none.

    Bytes that are not UTF-8 become half characters, which every form refuses.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        return {}
    body = (await request.body()).decode("utf-8", "surrogateescape")
    try:
        return dict(parse_qsl(body, keep_blank_values=True, errors="surrogateescape", max_num_fields=MOST_FIELDS))
    except ValueError:
        return {}
