"""The settings: the one place that reads the environment and `.env`."""

import base64
import binascii
import ipaddress
import json
import os
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from anonmsg.errors import CannotStart

DEFAULT_PORT = 3000
SECRET_BYTES = 32


def decode_secret(text: str, name: str) -> bytes:
    """Return the 32 bytes that `text` holds in base64.

    Raises:
        CannotStart: If it is not base64 or not 32 bytes; the text itself is never repeated.
    """
    try:
        value = base64.b64decode(text, altchars=b"-_" if set(text) & set("-_") else None, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != SECRET_BYTES:
        raise CannotStart(f"{name} must be {SECRET_BYTES} random bytes in base64. Make one with `anonmsg secret`.")
    return value


def encode_secret(value: bytes) -> str:
    """Return `value` the way `decode_secret` reads it."""
    return base64.b64encode(value).decode("ascii")


class Settings(BaseSettings):
    """Everything that a deployment can choose. The README documents each by its environment name."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    mongodb_uri: SecretStr | None = Field(
        None, description="MongoDB connection string; without it the app starts its own MongoDB."
    )
    data_dir: Path = Field(
        Path(".anonmsg"), description="Folder of the embedded database, the key files and the outbox."
    )
    public_url: str | None = Field(
        None, description="Address under which people reach the site; all links come from it."
    )
    secret_key: SecretStr | None = Field(
        None, description="Signs session cookies: 32 random bytes in base64. Changing it signs everybody out."
    )
    master_key: SecretStr | None = Field(
        None, description="Opens all that is encrypted: 32 random bytes in base64. Lost means unreadable for ever."
    )
    resend_api_key: SecretStr | None = Field(None, description="API key of Resend; with it mails are really sent.")
    mail_from: str = Field("anonmsg <onboarding@resend.dev>", description="Sender of the mails.")
    mail_backend: Literal["resend", "outbox"] | None = Field(
        None, description="`resend` or `outbox`; by default Resend with a key, else the outbox on the embedded default."
    )
    resend_api_url: str = Field("https://api.resend.com", description="Where Resend's API is.")
    redis_url: SecretStr | None = Field(
        None, description="Where rate limits are counted; without it in the memory of the one process."
    )
    rate_limits: Literal["on", "off"] = Field("on", description="`off` only for benchmarks and crash tests.")
    limits: Annotated[dict[str, str], NoDecode] = Field(
        default_factory=dict,
        description='Other limits than the built-in ones, as JSON from scope to windows: `{"sign-up": "60/hour"}`.',
    )
    trusted_proxy_hops: int = Field(
        0, ge=0, le=10, description="How many proxies of yours stand in front; their X-Forwarded-For is believed."
    )

    @model_validator(mode="before")
    @classmethod
    def _blank_is_unset(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Leave empty values out: `X=` in `.env` means that X is not set."""
        return {name: value for name, value in values.items() if not isinstance(value, str) or value.strip()}

    @field_validator("redis_url")
    @classmethod
    def _check_redis_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("redis://", "rediss://", "redis+unix://")):
            raise ValueError("must begin with redis://, rediss:// or redis+unix://")
        return value

    @field_validator("limits", mode="before")
    @classmethod
    def _read_limits(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError('must be JSON like {"sign-up": "60/hour"}') from None

    @field_validator("data_dir")
    @classmethod
    def _resolve(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value.strip())
            port = parts.port
        except ValueError:  # such as a port that is no number; its text would repeat the value
            raise ValueError("must be like https://example.org") from None
        if parts.scheme not in {"http", "https"} or not parts.hostname or not parts.hostname.isascii():
            raise ValueError("must be like https://example.org, in ASCII")
        if "@" in parts.netloc or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("must be like https://example.org, without a name or a path")
        # As browsers write it in `Origin` (RFC 6454 section 6.2), or it would never be equal to that.
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        default = {"http": 80, "https": 443}[parts.scheme]
        return f"{parts.scheme}://{host}" if port in {None, default} else f"{parts.scheme}://{host}:{port}"

    @property
    def embedded(self) -> bool:
        """Whether the app runs its own MongoDB, and so may make its own keys."""
        return self.mongodb_uri is None

    @property
    def site_url(self) -> str:
        """The address that links in mails and pages start with, without a slash at the end."""
        return self.public_url or f"http://localhost:{DEFAULT_PORT}"

    @property
    def is_https(self) -> bool:
        """Whether people reach the site over TLS, which decides the cookie's name and flags."""
        return self.site_url.startswith("https://")

    @property
    def mail_choice(self) -> Literal["resend", "outbox"]:
        """The mailer to use.

        Raises:
            CannotStart: If neither can be used; mails must never vanish silently.
        """
        if self.mail_backend == "resend" or (self.mail_backend is None and self.resend_api_key):
            if self.resend_api_key is None:
                raise CannotStart("MAIL_BACKEND=resend needs RESEND_API_KEY.")
            return "resend"
        if self.mail_backend == "outbox" or self.embedded:
            return "outbox"
        raise CannotStart("Set RESEND_API_KEY to send mails, or MAIL_BACKEND=outbox to write them to files.")

    def check_mail(self) -> None:
        """See whether mails can be sent or written at all.

        Raises:
            CannotStart: If not.
        """
        _ = self.mail_choice

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """The origins whose pages may change anything here (RFC 6454).

        On loopback a browser may say `localhost`, `127.0.0.1` or `[::1]` for the same server.
        """
        parts = urlsplit(self.site_url)
        if not is_loopback(parts.hostname or ""):
            return (self.site_url,)
        port = f":{parts.port}" if parts.port else ""
        return tuple(f"{parts.scheme}://{name}{port}" for name in ("localhost", "127.0.0.1", "[::1]"))


def is_loopback(host: str) -> bool:
    """Return whether `host` names this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def load_settings() -> Settings:
    """Read the settings from the environment and `.env`.

    Raises:
        CannotStart: If a value can't be used; names the setting, never repeats the value.
    """
    try:
        return Settings()  # pyright: ignore[reportCallIssue]  # pydantic-settings fills the fields
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "A setting"
        raise CannotStart(f"{name} is wrong: {first['msg'].removeprefix('Value error, ')}.") from None
    except UnicodeDecodeError:
        raise CannotStart("The file .env can't be read: it must be UTF-8.") from None


def pass_on(**values: str) -> None:
    """Set settings for this process and those it starts, as if the environment had held them."""
    os.environ.update({name.upper(): value for name, value in values.items()})
