"""The built front end, as far as the server has to know it: its pages, and the scripts and styles inside them."""

import base64
import hashlib
import re
from pathlib import Path

from anonmsg.web.first_page import EARLY, LOCAL, SCRIPTED
from anonmsg.web.lean import lean

INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
STYLE_LINK = re.compile(r'<link\b(?=[^>]*\bhref="/(?P<path>assets/[^"]+\.css)")[^>]*?(?=/?>)')
COMMENT = re.compile(r"/\*!.*?\*/\n?", re.DOTALL)
"""What is left of comments in a minified style sheet: whose it is, which the sheet itself goes on saying."""

HEAD_BEGINS = re.compile(r"<head>(?:<meta [^>]*>)*")
"""The character set and what phones need to know; programs that make previews read only the beginning."""

APP_SCRIPT = re.compile(r'<script type="module"[^>]*>(.*?)</script>', re.DOTALL)
"""The script that loads the app."""

PRELOAD = 'rel="modulepreload"'
LATER_SCRIPT, LATER_PRELOAD = r'<script type="text/plain" id="app">\1</script>', 'rel="later"'
START = lean("""requestAnimationFrame(() => requestAnimationFrame(() => {
  for (const link of document.querySelectorAll("link[rel=later]")) link.rel = "modulepreload";
  const app = document.getElementById("app");
  const script = document.createElement("script");
  script.type = "module";
  script.textContent = app.textContent;
  app.replaceWith(script);
}));""")
"""Loads the app once the page was painted, which the app's scripts would hold up. Stands behind what it looks for."""

NEVER_LOADED = ' media="not all" disabled'
"""Attributes of a style sheet that is there already; the framework still finds its element, and changes nothing."""


class Build:
    """A folder of prerendered pages and hashed assets."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pages = {
            f"/{path.stem}": path for path in folder.glob("*.html") if not path.stem.startswith(("_", "index", "404"))
        }
        fallback = (folder / "__spa-fallback.html").read_text("utf-8")
        sheets = dict.fromkeys(found["path"] for found in STYLE_LINK.finditer(fallback))
        self.style = COMMENT.sub("", "".join((folder / sheet).read_text("utf-8") for sheet in sheets))
        fallback = fallback.replace(PRELOAD, LATER_PRELOAD)
        shell = APP_SCRIPT.sub(
            f"{LATER_SCRIPT}<script>{START}</script>", STYLE_LINK.sub(rf"\g<0>{NEVER_LOADED}", fallback)
        )
        self._before, self._between, self._after = _cut(shell)

    def page_file(self, path: str) -> str:
        """Return the address of the file that shows the page at `path`, or `path` itself."""
        page = self._pages.get(path.rstrip("/"))
        return f"/{page.name}" if page else path

    def document(self, head: str, body: str) -> str:
        """Return a document that shows `body` in its full look without a further request, and then starts the app."""
        style = f"<style>{self.style}</style>"
        return f"{self._before}{head}{style}{self._between}{body}{self._after}"

    def script_hashes(self) -> list[str]:
        """Return the CSP sources of all inline scripts (CSP Level 3, section 2.3.1)."""
        scripts = {SCRIPTED, EARLY, LOCAL, START} | {
            script for page in self._folder.glob("*.html") for script in INLINE_SCRIPT.findall(page.read_text("utf-8"))
        }
        return sorted(map(_source, scripts))

    def style_hash(self) -> str:
        """Return the CSP source of the style that `document` puts into a page."""
        return _source(self.style)


def _cut(shell: str) -> tuple[str, str, str]:
    """Return a document in three parts: before its own head, from there to its body, and the rest."""
    begins = HEAD_BEGINS.search(shell)
    head = begins.end() if begins else 0
    body = shell.find("<body>") + len("<body>")
    return shell[:head], shell[head:body], shell[body:]


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
