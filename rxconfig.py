"""What Reflex needs to know before it imports the app."""

import reflex as rx

from anonmsg.settings import load_settings

settings = load_settings()

COLORS = {
    name: f"var(--{name})"
    for name in ("paper", "surface", "sunken", "line", "line-strong", "ink", "ink-soft", "accent", "accent-soft")
}
"""Colours by purpose; their values for light and dark are in `assets/tokens.css`."""

config = rx.Config(
    app_name="anonmsg",
    plugins=[rx.plugins.TailwindV4Plugin({"theme": {"extend": {"colors": COLORS}}})],
    disable_plugins=[rx.plugins.SitemapPlugin],
    state_manager_mode=rx.constants.StateManagerMode.MEMORY,
    cors_allowed_origins=list(settings.allowed_origins),
    frontend_compression_formats=["brotli", "gzip"],
    trusted_proxy_hops=settings.trusted_proxy_hops,
    telemetry_enabled=False,
    show_built_with_reflex=False,
    react_strict_mode=False,
)
