"""docs/security.md: its table names every requirement, and every test that it names exists."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

TESTS = Path(__file__).resolve().parents[1]
DOCS = TESTS.parent / "docs"
PAGE = (DOCS / "security.md").read_text("utf-8")

ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
STARTED_ROW = re.compile(r"^\| *\d+\.\d+\.\d+", re.MULTILINE)
TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")
LINK = re.compile(r"\]\(([\w./]*)#([\w-]+)\)")

REQUIRED = """
1.1.1 1.1.2 1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.2.6 1.2.7 1.2.8 1.2.9
1.3.1 1.3.2 1.3.3 1.3.4 1.3.5 1.3.6 1.3.7 1.3.8 1.3.9 1.3.10 1.3.11 1.4.1 1.4.2 1.4.3 1.5.1 1.5.2
2.1.1 2.1.2 2.1.3 2.2.1 2.2.2 2.2.3 2.3.1 2.3.2 2.3.3 2.3.4 2.4.1
6.1.1 6.1.2 6.1.3 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 6.2.8 6.2.9 6.2.10 6.2.11 6.2.12
6.3.1 6.3.2 6.3.3 6.3.4 6.4.1 6.4.2 6.4.3 6.4.4 6.5.1 6.5.2 6.5.3 6.5.4 6.5.5 6.6.1 6.6.2 6.6.3
6.8.1 6.8.2 6.8.3 6.8.4
7.1.1 7.1.2 7.1.3 7.2.1 7.2.2 7.2.3 7.2.4 7.3.1 7.3.2 7.4.1 7.4.2 7.4.3 7.4.4 7.4.5 7.5.1 7.5.2 7.6.1 7.6.2
8.1.1 8.1.2 8.2.1 8.2.2 8.2.3 8.3.1 8.4.1
9.1.1 9.1.2 9.1.3 9.2.1 9.2.2 9.2.3 9.2.4
16.1.1 16.2.1 16.2.2 16.2.3 16.2.4 16.2.5 16.3.1 16.3.2 16.3.3 16.3.4 16.4.1 16.4.2 16.4.3 16.5.1 16.5.2 16.5.3
""".split()  # noqa: SIM905  # a hundred quoted numbers would read worse
"""Levels 1 and 2 of the chapters V1, V2, V6, V7, V8, V9 and V16 of OWASP ASVS 5.0.0."""

LEVEL_1 = """
1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.3.1 1.3.2 1.5.1 2.1.1 2.2.1 2.2.2 2.3.1
6.1.1 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 6.2.8 6.3.1 6.3.2 6.4.1 6.4.2
7.2.1 7.2.2 7.2.3 7.2.4 7.4.1 7.4.2 8.1.1 8.2.1 8.2.2 8.3.1 9.1.1 9.1.2 9.1.3 9.2.1
""".split()  # noqa: SIM905  # likewise


class Row(NamedTuple):
    """One requirement, as the table has it."""

    id: str
    level: str
    requirement: str
    state: str
    shown_by: str


ROWS = [Row(*found) for found in ROW.findall(PAGE)]


@cache
def names_in(path: str) -> frozenset[str]:
    """Return the names of the tests in a file below `tests/`; a file that is not there has none."""
    file = TESTS / path
    tree = ast.parse(file.read_text("utf-8")) if file.is_file() else ast.Module([], [])
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(node.name for node in functions if node.name.startswith("test_"))


def missing_tests(text: str) -> set[str]:
    """Return the tests that a text names and that do not exist."""
    return {f"{path}::{name}" for path, name in TEST.findall(text) if name not in names_in(path)}


def anchors(text: str) -> Iterator[str]:
    """Yield what the headings of a page can be linked by, as the repository's host makes it."""
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        yield re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_every_test_that_the_page_names_exists() -> None:
    assert missing_tests(PAGE) == set()


@pytest.mark.parametrize(
    "named",
    [
        "`unit/test_security_page.py::test_every_test_that_the_page_names_exits`",
        "`unit/test_security_pages.py::test_every_test_that_the_page_names_exists`",
    ],
)
def test_a_misspelt_test_would_be_found(named: str) -> None:
    assert missing_tests(named) == {named.strip("`")}


def test_every_name_of_a_test_is_written_so_that_it_is_looked_for() -> None:
    assert len(re.findall(r"\btest_\w+(?!\w|\.py)", TEST.sub("", PAGE))) == 0


def test_the_table_has_each_requirement_once_and_no_row_is_misshapen() -> None:
    assert [row.id for row in ROWS] == REQUIRED
    assert len(STARTED_ROW.findall(PAGE)) == len(REQUIRED)


def test_each_requirement_has_its_level() -> None:
    assert [row.id for row in ROWS if row.level == "1"] == LEVEL_1


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_says_whether_it_is_met_and_how_that_is_known(row: Row) -> None:
    assert row.state in {"met", "not applicable", "**not met**"}
    if row.state == "met":
        assert TEST.search(row.shown_by) or LINK.search(row.shown_by)
    else:
        assert TEST.sub("", row.shown_by).strip(" ,.")


def test_every_link_inside_leads_somewhere() -> None:
    for name in ("security.md", "SECURITY.md"):
        for target, anchor in LINK.findall((DOCS / name).read_text("utf-8")):
            assert anchor in anchors((DOCS / (target or name)).read_text("utf-8"))
