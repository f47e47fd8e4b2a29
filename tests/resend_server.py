"""A local server that answers as Resend's API does (resend.com/docs/api-reference), or fails as it is told to."""

import json
import threading
import uuid
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal

API_KEY = "re_test_8NtQv2Yd"


@dataclass(frozen=True)
class Answer:
    """What the server says, and how: at once, never, or drop by drop without an end."""

    status: int
    body: bytes
    content_type: str = "application/json"
    pace: Literal["at once", "never", "drop by drop"] = "at once"


@dataclass(frozen=True)
class Request:
    """What the server was asked."""

    method: str
    path: str
    headers: dict[str, str]
    mail: dict[str, Any]


def error(status: int, name: str, message: str) -> Answer:
    """Return an error in the API's own form, after its documentation."""
    return Answer(status, json.dumps({"statusCode": status, "name": name, "message": message}).encode())


MISSING_KEY = error(401, "missing_api_key", "Missing API key in the authorization header.")
REJECTED_KEY = error(403, "invalid_api_key", "API key is invalid.")
REJECTED_KEY_401 = error(401, "invalid_api_key", "API key is invalid.")
RESTRICTED_KEY = error(401, "restricted_api_key", "This API key is restricted to only send emails.")
UNVERIFIED_DOMAIN = error(403, "validation_error", "The example.org domain is not verified. Please verify it.")
TEST_DOMAIN = error(403, "validation_error", "You can only send testing emails to your own email address (me@b.org).")
BAD_RECIPIENT = error(
    422,
    "validation_error",
    "Invalid `to` field. The email address needs to follow the `email@example.com` format.",
)
BAD_SENDER = error(
    422,
    "validation_error",
    "Invalid `from` field. The email address needs to follow the `email@example.com` format.",
)
MISSING_FIELD = error(422, "missing_required_field", "Missing `html` or `text` field.")
BAD_IDEMPOTENCY_KEY = error(400, "invalid_idempotency_key", "The key must be between 1-256 chars.")
OTHER_MAIL_WITH_THE_KEY = error(409, "invalid_idempotent_request", "Same idempotency key used with another payload.")
RATE_LIMIT = error(429, "rate_limit_exceeded", "Too many requests. You can only make 2 requests per second.")
UNNAMED_LIMIT = error(429, "something_new", "Slow down.")
DAILY_QUOTA = error(429, "daily_quota_exceeded", "You have reached your daily email sending quota.")
MONTHLY_QUOTA = error(429, "monthly_quota_exceeded", "You have reached your monthly email sending quota.")
SERVER_ERROR = error(500, "internal_server_error", "An unexpected error occurred.")
NOT_FOUND = error(404, "not_found", "The requested endpoint does not exist.")
HTML_PAGE = Answer(502, b"<!doctype html><title>502 Bad Gateway</title>", "text/html")
HTML_REFUSAL = Answer(403, b"<!doctype html><title>Access denied</title>", "text/html")
LOGIN_PAGE = Answer(200, b"<!doctype html><title>Free WLAN</title>", "text/html")
HALF_JSON = Answer(200, b'{"id": "49a3')
NO_ID = Answer(200, b"{}")
NULL = Answer(200, b"null")
SILENCE = Answer(200, b"", pace="never")
ENDLESS = Answer(200, b" " * 100_000, pace="drop by drop")


class ResendServer:
    """Listens on a free loopback port while its `with` block lasts; accepts mails unless `answer` says otherwise."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answer: Answer | None = None
        self.stopping = threading.Event()
        self._ids: dict[str, tuple[dict[str, Any], str]] = {}
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="resend-server")

    @property
    def url(self) -> str:
        """The address that stands for `https://api.resend.com`."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def delivered(self) -> list[dict[str, Any]]:
        """The mails that were really accepted, each once."""
        return [mail for mail, _ in self._ids.values()]

    def __enter__(self) -> "ResendServer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()  # waits for the threads that still answer

    def reply(self, request: Request) -> Answer:
        """Return the answer to `request`, as told or as the API would."""
        self.requests.append(request)
        if self.answer:
            return self.answer
        if "authorization" not in request.headers:
            return MISSING_KEY
        if request.headers["authorization"] != f"Bearer {API_KEY}":
            return REJECTED_KEY
        return self._accept(request) if (request.method, request.path) == ("POST", "/emails") else NOT_FOUND

    def _accept(self, request: Request) -> Answer:
        if not {"from", "to", "subject"} <= request.mail.keys():
            return MISSING_FIELD
        key = request.headers.get("idempotency-key", f"no key {len(self._ids)}")
        mail, answer_id = self._ids.setdefault(key, (request.mail, str(uuid.uuid4())))
        return Answer(200, json.dumps({"id": answer_id}).encode()) if mail == request.mail else OTHER_MAIL_WITH_THE_KEY


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that `server_close` joins them
    request_queue_size = 64

    def __init__(self, resend: ResendServer) -> None:
        self.resend = resend
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        assert isinstance(self.server, _Server)
        resend = self.server.resend
        target = self.requestline.split()[1]  # `self.path` has lost doubled slashes
        answer = resend.reply(Request(self.command, target, headers, json.loads(body)))
        if answer.pace == "never":
            resend.stopping.wait()
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.pace == "at once":
            self.wfile.write(answer.body)
            return
        with suppress(OSError):  # the client has hung up
            while not resend.stopping.wait(0.02):
                self.wfile.write(b" ")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
