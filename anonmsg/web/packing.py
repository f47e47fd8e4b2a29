"""Sends documents that are made for one request as small as the browser allows."""

import gzip

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response

LEVEL = 6
"""More packs this little better and takes longer, during which nobody else is served."""


def packed(request: Headers, document: str, status: int, headers: dict[str, str]) -> Response:
    """Return the answer that holds a document."""
    headers = {**headers, "vary": "Accept-Encoding"}
    if not _takes_gzip(request):
        return HTMLResponse(document, status, headers)
    return HTMLResponse(
        gzip.compress(document.encode(), LEVEL, mtime=0), status, {**headers, "content-encoding": "gzip"}
    )


def _takes_gzip(request: Headers) -> bool:
    """Return whether the browser unpacks gzip (RFC 9110 section 12.5.3)."""
    offers = ",".join(request.getlist("accept-encoding")).replace(" ", "").lower().split(",")
    weights = {name: weight for name, _, weight in (offer.partition(";") for offer in offers)}
    return "gzip" in weights and weights["gzip"].rstrip("0.") != "q="
