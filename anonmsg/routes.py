"""Every address of the site, and the names that no person may take because of them."""

from urllib.parse import quote

HOME = "/"
SIGN_UP = "/sign-up"
VERIFY = "/verify/[username]"
SIGN_IN = "/sign-in"
FORGOT_PASSWORD = "/forgot-password"
RESET_PASSWORD = "/reset-password/[reset_token]"
DASHBOARD = "/dashboard"
SETTINGS = "/settings"
SEND = "/u/[username]"
PRIVACY = "/privacy"
STYLEGUIDE = "/styleguide"

API = "/api"
SESSION = "/session"
SIGN_OUT = "/sign-out"
EXPORT = "/export"
ROBOTS = "/robots.txt"
SITEMAP = "/sitemap.xml"

HEALTH = frozenset({"/ping", "/_health"})
"""What watches over the site may ask, under any name; the answers hold nothing about anybody."""

PRIVATE = frozenset({DASHBOARD, SETTINGS})
"""Pages that only a signed-in person sees."""

LISTED = (HOME, SIGN_UP, SIGN_IN, PRIVACY)
"""Pages about the site, the same for everybody: all that the sitemap has, and that search engines may list."""

RESERVED_USERNAMES = frozenset(
    """
    about account accounts admin administrator anonmsg anonymous api app assets auth billing blog contact
    dashboard dev dmca docs error everyone export faq favicon feed forgot_password forgot help home inbox
    index info legal login logout mail manifest me messages mod moderator news nobody noreply notifications
    null official owner ping postmaster press privacy prompts public register report reset_password reset
    robots root rss search security seed send session sessions settings share sign_in sign_out sign_up signin
    signout signup sitemap staff static status styleguide support sw sys system team terms test u undefined
    user users verify webmaster well_known www you
    """.split()  # noqa: SIM905  # a hundred quoted names would read worse
)
"""Case-folded names that would read as the site itself; they count as taken."""


def verify_page(username: str) -> str:
    """Return the path of the page where `username` enters the verification code."""
    return f"/verify/{quote(username, safe='')}"


def reset_page(token: str) -> str:
    """Return the path of the page where a new password is chosen."""
    return f"/reset-password/{quote(token, safe='')}"


def send_page(username: str) -> str:
    """Return the path of the page where senders write to `username`."""
    return f"/u/{quote(username, safe='')}"


def export_file(kind: str) -> str:
    """Return the path from which an export of a kind is downloaded."""
    return f"{EXPORT}/{kind}"


def export_refused() -> str:
    """Return the settings page that says why nothing was downloaded."""
    return f"{SETTINGS}?export=refused"


def sign_in_then(path: str) -> str:
    """Return the sign-in page that leads back to `path` afterwards."""
    return f"{SIGN_IN}?next={quote(path, safe='')}"


def inside(path: str, default: str = DASHBOARD) -> str:
    """Return `path` if it is a page for signed-in people, else `default`.

    A list of known pages, not a pattern: an open redirect needs only one spelling that the
    pattern forgot (OWASP Unvalidated Redirects and Forwards Cheat Sheet).
    """
    return path if path in PRIVATE else default
