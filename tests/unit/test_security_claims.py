"""Claims of docs/security.md that the code itself shows, whoever runs it."""

import ast
import importlib
import json
import pkgutil
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from anonmsg import pages, routes
from anonmsg.clock import utc_now
from anonmsg.tokens import SessionClaims, SessionTokens

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "anonmsg").rglob("*.py"))
SCRIPTS = sorted((ROOT / "assets").glob("*.js"))

UNSAFE_CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "rx.call_script", "rx.script"}
UNSAFE_IMPORTS = {"pickle", "marshal", "shelve", "dill", "yaml", "xml", "lxml"}
MARKUP = re.compile(r"rx\.(?:html|markdown)\b|dangerously_set_inner_html|rx\.el\.script\b")
SCRIPT_OF_TEXT = re.compile(
    r"\beval\s*\(|new Function\b|\bFunction\s*\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write"
    r"|dangerouslySetInnerHTML|set(?:Timeout|Interval)\(\s*[\"'`]|\bsrcdoc\b"
)
CODE_IN_QUERIES = {"$where", "$function", "$accumulator", "$regex", "$expr"}
OWN_PATTERNS = {
    "pictures/lines.py": "the brackets that Unicode mirrors",
    "api/app.py": "the framework's own pattern of a route",
    "devices.py": "a table of that module",
    "muting.py": "constants of that module; what somebody mutes is compared, never made a pattern",
    "services/exporting.py": "a constant of that module",
    "storage/mongod_log.py": "a table of that module",
}
"""Modules whose patterns are not written out where they are used, and what they are made of."""


def name_of(node: ast.expr) -> str:
    """Return the dotted name that an expression is, "" for any other expression."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{name_of(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text("utf-8")))


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in nodes(path) if isinstance(node, ast.Call))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_code_is_made_of_text_and_no_program_runs_in_a_shell(path: Path) -> None:
    imported = {alias.name for node in nodes(path) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in nodes(path) if isinstance(node, ast.ImportFrom)}

    assert not {name_of(call.func) for call in calls(path)} & UNSAFE_CALLS
    assert not {keyword.arg for call in calls(path) for keyword in call.keywords} & {"shell"}
    assert not {name.split(".")[0] for name in imported} & UNSAFE_IMPORTS


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_query_holds_code(path: Path) -> None:
    texts = {node.value for node in nodes(path) if isinstance(node, ast.Constant) and isinstance(node.value, str)}

    assert not texts & CODE_IN_QUERIES


def test_no_pattern_is_made_of_what_somebody_typed() -> None:
    made = {
        str(path.relative_to(ROOT / "anonmsg"))
        for path in MODULES
        for call in calls(path)
        if name_of(call.func).startswith("re.") and not isinstance(call.args[0], ast.Constant)
    }

    assert made <= OWN_PATTERNS.keys()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_page_shows_text_as_markup(path: Path) -> None:
    assert not MARKUP.search(path.read_text("utf-8"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_no_script_of_ours_makes_code_or_markup_of_text(path: Path) -> None:
    assert not SCRIPT_OF_TEXT.search(path.read_text("utf-8"))


def inputs(rendered: object) -> Iterator[str]:
    """Yield the attributes of every input in a rendered page, as text."""
    if isinstance(rendered, Mapping):
        if rendered.get("name") == '"input"':
            yield json.dumps(rendered.get("props"))
        for value in rendered.values():
            yield from inputs(value)
    elif isinstance(rendered, list | tuple):
        for value in rendered:
            yield from inputs(value)


def every_page() -> dict[str, Any]:
    """Return all pages as the framework renders them, by name."""
    names = [module.name for module in pkgutil.iter_modules(pages.__path__)]
    modules = {name: importlib.import_module(f"anonmsg.pages.{name}") for name in names}
    return {name: getattr(module, name)().render() for name, module in modules.items() if hasattr(module, name)}


def test_passwords_are_masked_and_password_managers_may_fill_them_in() -> None:
    for_passwords = [
        attributes
        for rendered in every_page().values()
        for attributes in inputs(rendered)
        if re.search(r'name:\\"[a-z_]*password\\"', attributes)
    ]

    assert len(for_passwords) >= 3
    assert [attributes for attributes in for_passwords if r"type:\"password\"" not in attributes] == []
    assert [a for a in for_passwords if not re.search(r'autoComplete:\\"(?:current|new)-password\\"', a)] == []


def test_nothing_keeps_anybody_from_pasting() -> None:
    sources = "".join(path.read_text("utf-8") for path in [*MODULES, *SCRIPTS])

    assert not re.search(r"on_?paste|on_?copy\b|[\"']paste[\"']", sources, re.IGNORECASE)


def test_signing_out_is_on_every_private_page() -> None:
    private = {name: page for name, page in every_page().items() if f"/{name}" in routes.PRIVATE}

    assert "dashboard" in private
    assert [name for name, page in private.items() if f'action:"{routes.SIGN_OUT}"' not in str(page)] == []


def test_a_token_that_brings_a_key_of_its_own_is_nobody() -> None:
    ours, theirs, now = SessionTokens(b"k" * 32), b"t" * 32, utc_now()
    honest = ours.sign(SessionClaims("user", "ann", "sid"), now, now + timedelta(days=1))
    claims = jwt.decode(honest, options={"verify_signature": False})
    key = {"kty": "oct", "k": urlsafe_b64encode(theirs).decode().rstrip("=")}

    for header in ({"jwk": key}, {"jku": "https://elsewhere.example/keys"}, {"x5u": "https://elsewhere.example/c"}):
        assert ours.read(jwt.encode(claims, theirs, algorithm="HS256", headers=header), now) is None
    assert ours.read(jwt.encode(claims, b"k" * 32, algorithm="HS256"), now) is not None
