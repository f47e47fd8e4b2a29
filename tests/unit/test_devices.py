"""Devices are named by known words only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonmsg.devices import BROWSERS, SYSTEMS, device_label

CHROME = "(KHTML, like Gecko) Chrome/130.0.0.0"


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0", "Firefox on Android"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 {CHROME} Safari/537.36", "Chrome on Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {CHROME} Safari/537.36 Edg/130.0", "Edge on Windows"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36 EdgA/130.0", "Edge on Android"),
        (f"Mozilla/5.0 (Linux; Android 13; SM-S901B) SamsungBrowser/26.0 {CHROME}", "Samsung Internet on Android"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {CHROME} Safari/537.36 OPR/115.0", "Opera on Mac"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15", "Safari on Mac"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/130.0 Mobile Safari/604.1", "Chrome on iPhone"),
        ("Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) FxiOS/132.0 Mobile Safari/605.1.15", "Firefox on iPad"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36", "Chrome on ChromeOS"),
        ("curl/8.5.0", "Unknown device"),
        ("Firefox/132.0", "Firefox"),
        ("something for Windows", "Windows"),
        ("", "Unknown device"),
        ("x" * 1_000_000 + " Firefox/1", "Unknown device"),
    ],
)
def test_a_device_is_named_coarsely(user_agent: str, label: str) -> None:
    assert device_label(user_agent) == label


@given(st.text())
def test_a_label_never_holds_anything_of_the_header_itself(user_agent: str) -> None:
    words = {name for name, _ in BROWSERS + SYSTEMS} | {"Unknown device"}

    assert set(device_label(user_agent).split(" on ")) <= words
