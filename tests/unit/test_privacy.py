"""What the privacy page promises."""

from anonmsg.pages.privacy import COLLECTIONS
from anonmsg.storage.database import INDEXES


def test_the_privacy_page_lists_exactly_the_collections_that_there_are() -> None:
    assert set(COLLECTIONS) == set(INDEXES)


def test_every_collection_is_said_to_hold_something_for_some_time() -> None:
    assert all(holds and lasts for holds, lasts in COLLECTIONS.values())
