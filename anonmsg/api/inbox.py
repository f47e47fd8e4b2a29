"""The routes of a signed-in person's own inbox."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query
from pydantic import Field

from anonmsg.api.answers import AcceptMessagesAnswer, ApiResponse, MessageItem, MessagesAnswer, possible
from anonmsg.api.bodies import StrictRoute
from anonmsg.api.identity import RunningServices, SignedIn
from anonmsg.models import Message
from anonmsg.schemas import PAGE_MAX, PAGE_SIZE, AcceptMessagesForm, PageForm

UNREADABLE = "This message can't be read"

router = APIRouter(tags=["Inbox"], route_class=StrictRoute)


class PageQuery(PageForm):
    """Which part of the inbox is wanted; in an address every number is text."""

    limit: Annotated[int, Field(strict=False, ge=1, le=PAGE_MAX)] = PAGE_SIZE


def _accept_messages_answer(accepts_messages: bool) -> AcceptMessagesAnswer:
    message = f"Messages are {'accepted' if accepts_messages else 'not accepted'} now"
    return AcceptMessagesAnswer(message=message, is_accepting_messages=accepts_messages)


def _message_item(message: Message) -> MessageItem:
    content = UNREADABLE if message.content is None else message.content
    return MessageItem(id=message.id, content=content, created_at=message.created_at)


@router.get("/accept-messages", summary="Is the inbox open?", responses=possible(401))
async def get_accept_messages(identity: SignedIn, services: RunningServices) -> AcceptMessagesAnswer:
    """Say whether the inbox takes messages, as stored now."""
    owner = await services.inbox.owner(identity.user_id)
    return _accept_messages_answer(owner.accepts_messages)


@router.post("/accept-messages", summary="Open or close the inbox", responses=possible(400, 401, 403))
async def set_accept_messages(
    form: Annotated[AcceptMessagesForm, Body()], identity: SignedIn, services: RunningServices
) -> AcceptMessagesAnswer:
    """Open or close the inbox at once."""
    await services.inbox.set_accepting(identity.user_id, form.accept_messages)
    return _accept_messages_answer(form.accept_messages)


@router.get("/get-messages", summary="Read messages", responses=possible(400, 401))
async def get_messages(
    page: Annotated[PageQuery, Query()], identity: SignedIn, services: RunningServices
) -> MessagesAnswer:
    """Return a part of the inbox, the newest message first."""
    owner = await services.inbox.owner(identity.user_id)
    found = await services.inbox.list_messages(owner, page.cursor, page.limit)
    return MessagesAnswer(
        message="Here are your messages" if found.messages else "There are no messages",
        messages=[_message_item(message) for message in found.messages],
        next_cursor=found.next_cursor or None,
    )


@router.delete("/delete-message/{message_id}", summary="Delete a message", responses=possible(401, 403, 404))
async def delete_message(
    message_id: Annotated[str, Path(description="The message's `id`.")], identity: SignedIn, services: RunningServices
) -> ApiResponse:
    """Delete one of your own messages."""
    await services.sorting.delete_message(identity.user_id, message_id)
    return ApiResponse(message="Message deleted")
