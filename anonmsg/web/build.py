"""The built front end, as far as the server has to know it: its pages and the scripts inside them."""

import base64
import hashlib
import re
from pathlib import Path

INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


class Build:
    """A folder of prerendered pages and hashed assets."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pages = {
            f"/{path.stem}": path for path in folder.glob("*.html") if not path.stem.startswith(("_", "index", "404"))
        }

    def page_file(self, path: str) -> str:
        """Return the address of the file that shows the page at `path`, or `path` itself."""
        page = self._pages.get(path.rstrip("/"))
        return f"/{page.name}" if page else path

    def fallback(self) -> str:
        """Return the page that shows every address with a name in it."""
        return (self._folder / "__spa-fallback.html").read_text("utf-8")

    def script_hashes(self) -> list[str]:
        """Return the CSP sources of all inline scripts (CSP Level 3, section 2.3.1)."""
        scripts = {
            script for page in self._folder.glob("*.html") for script in INLINE_SCRIPT.findall(page.read_text("utf-8"))
        }
        return sorted(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
