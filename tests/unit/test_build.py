"""The document of a send page starts the app once it was painted, also while the rest of it is still on its way."""

from pathlib import Path

import pytest

from anonmsg.web.build import START, Build

APP = 'import "/assets/app.js";\nimport("/assets/entry.js");'
SHELL = (
    '<html><head><meta charset="utf-8"/><link rel="modulepreload" href="/assets/app.js"/></head>'
    f'<body><script>window.before = 1;</script><script type="module" async="">{APP}</script></body></html>'
)


@pytest.fixture
def document(tmp_path: Path) -> str:
    (tmp_path / "__spa-fallback.html").write_text(SHELL)
    return Build(tmp_path).document("<title>Hi</title>", "<main>the form</main>")


def test_what_starts_the_app_stands_behind_the_app_s_script(document: str) -> None:
    kept = f'<script type="text/plain" id="app">{APP}</script>'

    assert document.index("the form") < document.index(kept) < document.index(f"<script>{START}</script>")


def test_nothing_of_the_app_is_asked_for_before(document: str) -> None:
    assert 'type="module"' not in document
    assert 'rel="modulepreload"' not in document
    assert '<link rel="later" href="/assets/app.js"/>' in document
