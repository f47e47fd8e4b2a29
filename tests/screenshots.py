"""Pictures of every page in every state, width and theme: `python -m tests.screenshots [--out DIR]`."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import sync_playwright

from anonmsg.commands.building import ensure_built
from tests.browser import find_browser
from tests.e2e.conftest import FLAGS, ROOMY, App
from tests.e2e.places import PLACES, SCHEMES, WIDTHS, Place, Site, resize, wear


def take(site: Site, place: Place, folder: Path) -> None:
    """Write the pictures of one place."""
    with site.visit() as visit:
        place.arrange(visit)
        for width in WIDTHS:
            resize(visit.page, width)
            for scheme in SCHEMES:
                wear(visit.page, scheme)
                # A dialog or a toast is where the window is, so those pages are shown as the window shows them.
                whole = not visit.page.locator("dialog[open], .toast, .offline").count()
                visit.page.screenshot(path=folder / f"{place.name}-{width}-{scheme}.png", full_page=whole)


def main(arguments: Sequence[str] | None = None) -> None:
    """Start the app on a new data folder, and look at all of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("screenshots"), help="where the pictures go (%(default)s)")
    parser.add_argument("--only", default="", help="only places whose name begins so")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    ensure_built(lambda phase: print(phase, file=sys.stderr))  # noqa: T201  # a command talks to its user
    with tempfile.TemporaryDirectory(prefix="anonmsg-") as folder, sync_playwright() as playwright:
        app = App(Path(folder) / "data", LIMITS=json.dumps(ROOMY))
        app.start()
        browser = playwright.chromium.launch(executable_path=find_browser(playwright), args=FLAGS)
        try:
            site = Site(app, browser, plain_names=True)
            for place in PLACES:
                if place.name.startswith(options.only):
                    take(site, place, options.out)
                    print(place.name)  # noqa: T201  # likewise
        finally:
            browser.close()
            app.stop()


if __name__ == "__main__":
    main()
