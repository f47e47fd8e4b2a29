"""Bulk acts: what lists hold while they wait is what they hold when all is done."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from anonmsg.acts import CELLS, Cell, after, applied, cell_of, conditions, is_in, moved, stretches, to_change
from anonmsg.models import VIEWS, Action, BulkAct, Message, Place, View

START = datetime(2026, 1, 1, tzinfo=UTC)
ACTIONS: tuple[Action, ...] = ("delete", "archive", "restore", "star", "unstar", "mark_read", "mark_unread")


def place(number: int) -> Place:
    """Return one of few places, of which some share a moment."""
    return Place(START + timedelta(minutes=number // 2), f"{number:024x}")


def message(number: int, cell: Cell) -> Message:
    at = place(number)
    return moved(Message(at.id, "bob", "hi", at.created_at), cell, START)


places = st.integers(0, 9).map(place)
cells = st.sampled_from(CELLS)
views = st.sampled_from(VIEWS)
acts = st.lists(
    st.builds(
        BulkAct,
        st.just("an act"),
        st.sampled_from(ACTIONS),
        views,
        places,
        st.just(START),
        st.frozensets(places.map(lambda at: at.id), max_size=2),
    ),
    max_size=4,
)


@given(view=views, waiting=acts, number=st.integers(0, 9), cell=cells)
def test_a_list_asks_for_exactly_the_messages_that_belong_to_it_in_the_end(
    view: View, waiting: list[BulkAct], number: int, cell: Cell
) -> None:
    stored = message(number, cell)
    apart = {message_id for act in waiting for message_id in act.kept}
    found = [
        stretch
        for stretch in stretches(view, waiting)
        if cell in stretch.cells
        and (stretch.newest is None or stored.place <= stretch.newest)
        and (stretch.before is None or stored.place > stretch.before)
    ]
    in_the_end = applied(waiting, stored)

    if stored.id not in apart:
        assert bool(found) == (in_the_end is not None and is_in(view, cell_of(in_the_end)))
    assert len(found) <= 1


@given(st.frozensets(cells))
def test_conditions_find_each_of_their_cells_once_and_no_other(asked: frozenset[Cell]) -> None:
    found = [
        cell
        for condition in conditions(asked)
        for cell in CELLS
        if all(getattr(cell, name) == value for name, value in condition.items())
    ]

    assert sorted(map(repr, found)) == sorted(map(repr, asked))


@given(view=views)
def test_without_acts_a_list_is_one_range(view: View) -> None:
    (whole,) = stretches(view, ())

    assert (whole.newest, whole.before) == (None, None)
    assert len(conditions(whole.cells)) == 1


@given(waiting=acts.filter(bool), number=st.integers(0, 9), cell=cells)
def test_doing_the_first_act_early_changes_nothing_of_what_is_shown(
    waiting: list[BulkAct], number: int, cell: Cell
) -> None:
    stored, first = message(number, cell), waiting[0]
    done = applied([first], stored)
    is_asked = cell in to_change(first).cells and stored.place <= first.newest and stored.id not in first.kept
    before, now = applied(waiting, stored), done and applied(waiting, done)

    assert is_asked == (done is None or cell_of(done) != cell)
    assert (before and cell_of(before)) == (now and cell_of(now))


def test_what_is_deleted_is_in_no_list() -> None:
    assert {after("delete", cell) for cell in CELLS} == {None}


def test_a_message_that_is_marked_read_by_an_act_was_read_when_it_was_made() -> None:
    act = BulkAct("an act", "mark_read", "inbox", place(9), START + timedelta(days=1))

    read = applied([act], message(1, Cell("inbox", is_starred=False, is_read=False)))

    assert read is not None
    assert read.read_at == START + timedelta(days=1)
