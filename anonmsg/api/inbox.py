"""The routes of a signed-in person's own inbox."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query
from pydantic import Field

from anonmsg.api.answers import AcceptMessagesAnswer, ApiResponse, MessageItem, MessagesAnswer, possible
from anonmsg.api.bodies import StrictRoute
from anonmsg.api.identity import RunningServices, SignedIn
from anonmsg.cursors import decode_cursor
from anonmsg.errors import InvalidInput
from anonmsg.models import Message, Opening
from anonmsg.rules import BAD_CURSOR, PAGE_MAX, PAGE_SIZE
from anonmsg.schemas import AcceptMessagesForm, PageForm
from anonmsg.veils import Veil

UNREADABLE = "This message can't be read"

router = APIRouter(tags=["Inbox"], route_class=StrictRoute)


class PageQuery(PageForm):
    """Which part of the inbox is wanted; in an address every number is text."""

    limit: Annotated[int, Field(strict=False, ge=1, le=PAGE_MAX)] = PAGE_SIZE


def _accept_messages_answer(opening: Opening, now: datetime) -> AcceptMessagesAnswer:
    is_open = opening.is_open(now)
    message = f"Messages are {'accepted' if is_open else 'not accepted'} now"
    return AcceptMessagesAnswer(message=message, is_accepting_messages=is_open, opens_at=opening.opens_next(now))


def _message_item(message: Message) -> MessageItem:
    content = UNREADABLE if message.content is None else message.content
    return MessageItem(id=message.id, content=content, created_at=message.created_at)


def _coarse(item: MessageItem, veil: Veil) -> MessageItem:
    """Return a message without what tells when exactly it came."""
    day = item.created_at.replace(hour=0, minute=0, second=0, microsecond=0)
    return item.model_copy(update={"id": veil.hide_id(item.id), "created_at": day})


@router.get("/accept-messages", summary="Is the inbox open?", responses=possible(401))
async def get_accept_messages(identity: SignedIn, services: RunningServices) -> AcceptMessagesAnswer:
    """Say whether the inbox takes messages, as stored now."""
    owner = await services.inbox.owner(identity.user_id)
    return _accept_messages_answer(owner.opening, services.clock())


@router.post("/accept-messages", summary="Open or close the inbox", responses=possible(400, 401, 403))
async def set_accept_messages(
    form: Annotated[AcceptMessagesForm, Body()], identity: SignedIn, services: RunningServices
) -> AcceptMessagesAnswer:
    """Open or close the inbox at once; a pause ends with that."""
    await services.inbox.set_accepting(identity.user_id, form.accept_messages)
    return _accept_messages_answer(Opening(form.accept_messages), services.clock())


@router.get("/get-messages", summary="Read messages", responses=possible(400, 401))
async def get_messages(
    page: Annotated[PageQuery, Query()], identity: SignedIn, services: RunningServices
) -> MessagesAnswer:
    """Return a part of the inbox, the newest message first."""
    cursor = services.veil.reveal_cursor(page.cursor)
    if page.cursor and decode_cursor(cursor) is None:  # cut short, or made up: not the end of the inbox
        raise InvalidInput({"cursor": BAD_CURSOR})
    owner = await services.inbox.owner(identity.user_id)
    found = await services.inbox.list_messages(owner, cursor, page.limit)
    items, next_cursor = [_message_item(message) for message in found.messages], found.next_cursor
    if owner.has_coarse_dates:
        items, next_cursor = [_coarse(item, services.veil) for item in items], services.veil.hide_cursor(next_cursor)
    return MessagesAnswer(
        message="Here are your messages" if found.messages else "There are no messages",
        messages=items,
        next_cursor=next_cursor or None,
    )


@router.delete("/delete-message/{message_id}", summary="Delete a message", responses=possible(401, 403, 404))
async def delete_message(
    message_id: Annotated[str, Path(description="The message's `id`.")], identity: SignedIn, services: RunningServices
) -> ApiResponse:
    """Delete one of your own messages."""
    await services.sorting.delete_message(identity.user_id, services.veil.reveal_id(message_id))
    return ApiResponse(message="Message deleted")
