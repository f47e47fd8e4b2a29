"""What serving the app leaves out of its start."""

import importlib
import json
import sys

import pytest

from anonmsg.commands.serving import without


@pytest.fixture
def unloaded(monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of the standard library that nothing has loaded."""
    monkeypatch.delitem(sys.modules, "this", raising=False)
    return "this"


def test_a_module_is_missing_only_for_a_while(unloaded: str) -> None:
    with without(unloaded), pytest.raises(ImportError):
        importlib.import_module(unloaded)

    assert importlib.import_module(unloaded)


def test_what_is_there_already_stays() -> None:
    with without("json"):
        assert importlib.import_module("json") is json

    assert sys.modules["json"] is json
