"""What search engines may list: the pages that are about the site, and of people only those who said so."""

import html

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from anonmsg import routes
from anonmsg.bootstrap import services

TAG = "x-robots-tag"
LISTED = "all"
UNLISTED = "noindex"
META = f'<meta name="robots" content="{UNLISTED}">'

KEPT = "public, max-age=3600"


def robots_tag(path: str) -> str:
    """Return what search engines are told of an address, unless its answer says otherwise."""
    return LISTED if path in routes.LISTED else UNLISTED


async def robots(request: Request) -> Response:
    """Answer `/robots.txt` (RFC 9309).

    Pages that must not be listed may be read: a crawler that stays outside never sees that they say so.
    """
    lines = [
        "User-agent: *",
        f"Disallow: {routes.API}/",
        f"Sitemap: {services().settings.site_url}{routes.SITEMAP}",
        "",
    ]
    return PlainTextResponse("\n".join(lines), headers={"cache-control": KEPT})


async def sitemap(request: Request) -> Response:
    """Answer `/sitemap.xml` (sitemaps.org, 0.9): the site's own pages, and no person's."""
    site_url = html.escape(services().settings.site_url)
    entries = "".join(f"  <url><loc>{site_url}{path}</loc></url>\n" for path in routes.LISTED)
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n'
    )
    return Response(body, media_type="application/xml", headers={"cache-control": KEPT})


ROBOTS_ROUTES = [Route(routes.ROBOTS, robots), Route(routes.SITEMAP, sitemap)]
