"""Building: only when something changed, never half, and for any address."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from anonmsg.commands import building
from anonmsg.errors import CannotStart

SOURCES = ["anonmsg/anonmsg.py", "anonmsg/pages/home.py", "assets/tokens.css", "reflex.lock/bun.lock", "rxconfig.py"]

GOOD_BUILD = """
from pathlib import Path
print("Compiling: 1/1", flush=True)
Path(".web/build/client").mkdir(parents=True)
Path(".web/build/client/index.html").write_text("built")
"""
BAD_BUILD = "import sys; print('no such module: nonsense'); sys.exit(3)"
LONG_BUILD = "import time; print('Compiling: 1/1', flush=True); time.sleep(600)"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in SOURCES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    web = tmp_path / ".web"
    web.mkdir()
    monkeypatch.setattr(building, "ROOT", tmp_path)
    monkeypatch.setattr(building, "WEB", web)
    monkeypatch.setattr(building, "CLIENT", web / "build" / "client")
    monkeypatch.setattr(building, "STAMP", web / "anonmsg-build.json")
    return tmp_path


class FakeFramework:
    """Stands for the framework's command; runs a few lines of Python instead."""

    def __init__(self, script: str) -> None:
        self.script = script
        self.started: list[subprocess.Popen[str]] = []

    def __call__(self, arguments: list[str], lock: int, **options: Any) -> "subprocess.Popen[str]":
        process = subprocess.Popen(  # our own interpreter and script
            [sys.executable, "-c", self.script],
            cwd=building.ROOT,
            text=True,
            start_new_session=True,
            pass_fds=[lock],
            **options,
        )
        self.started.append(process)
        return process


def framework(monkeypatch: pytest.MonkeyPatch, script: str) -> FakeFramework:
    fake = FakeFramework(script)
    monkeypatch.setattr(building, "start_framework", fake)
    return fake


@pytest.mark.parametrize("name", SOURCES)
def test_a_change_of_any_source_changes_the_fingerprint(project: Path, name: str) -> None:
    before = building.fingerprint()
    (project / name).write_text("2")

    assert building.fingerprint() != before


@pytest.mark.parametrize("name", ["anonmsg/pages/new.py", "assets/fonts/new.woff2"])
def test_a_new_source_changes_the_fingerprint(project: Path, name: str) -> None:
    before = building.fingerprint()
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text("")

    assert building.fingerprint() != before


def test_another_framework_changes_the_fingerprint(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = building.fingerprint()
    monkeypatch.setattr(building, "version", lambda _: "99.0")

    assert building.fingerprint() != before


@pytest.mark.parametrize("name", ["README.md", "tests/test_it.py", ".web/build/client/index.html"])
def test_other_files_leave_the_fingerprint_alone(project: Path, name: str) -> None:
    before = building.fingerprint()
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text("3")

    assert building.fingerprint() == before


def test_it_builds_once_and_says_what_it_does(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake, said = framework(monkeypatch, GOOD_BUILD), list[str]()

    building.ensure_built(said.append)
    building.ensure_built(said.append)

    assert len(fake.started) == 1
    assert said == ["Building the pages; the first time it takes about a minute …", "  compiling"]
    assert building.is_current()


@pytest.mark.parametrize("stamp", ["", "[]", "{}", '{"fingerprint": "another"}', "\ud800"])
def test_a_stamp_that_says_nothing_means_building(project: Path, monkeypatch: pytest.MonkeyPatch, stamp: str) -> None:
    framework(monkeypatch, GOOD_BUILD)
    building.ensure_built(lambda _: None)
    building.STAMP.write_bytes(stamp.encode("utf-8", "surrogatepass"))

    assert not building.is_current()


def test_pages_that_were_removed_mean_building(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    framework(monkeypatch, GOOD_BUILD)
    building.ensure_built(lambda _: None)
    (building.CLIENT / "index.html").unlink()

    assert not building.is_current()


def test_a_failed_build_shows_its_last_lines_and_counts_as_none(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    framework(monkeypatch, BAD_BUILD)
    building.STAMP.write_text('{"fingerprint": "of an earlier build"}')

    with pytest.raises(CannotStart, match="no such module: nonsense"):
        building.ensure_built(lambda _: None)

    assert not building.STAMP.exists()


def test_a_build_that_is_broken_off_leaves_no_process_and_no_stamp(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = framework(monkeypatch, LONG_BUILD)

    def interrupt(text: str) -> None:
        if "compiling" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        building.ensure_built(interrupt)

    assert fake.started[0].returncode is not None
    assert not building.is_current()


def test_a_second_builder_says_that_it_waits(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    framework(monkeypatch, GOOD_BUILD)

    class Waits(Exception):
        pass

    def stop_waiting(_: str) -> None:
        raise Waits

    with building.only_builder(lambda _: None), pytest.raises(Waits):
        building.ensure_built(stop_waiting)


@pytest.mark.parametrize("quote", ['"', "`"])
def test_a_portable_build_takes_the_address_of_its_page(tmp_path: Path, quote: str) -> None:
    script = tmp_path / "assets" / "reflex-env-abc.js"
    script.parent.mkdir()
    ping, event = f"{quote}http://localhost:8000/ping{quote}", f"{quote}ws://localhost:8000/_event{quote}"
    script.write_text(f"var e={{PING:{ping},EVENT:{event},TEST_MODE:!1}};")
    for ending in (".br", ".gz"):
        script.with_name(script.name + ending).write_bytes(b"packed")

    building.make_portable(tmp_path)

    assert script.read_text() == (
        'var e={PING:location.origin+`/ping`,EVENT:location.origin.replace(/^http/,"ws")+`/_event`,TEST_MODE:!1};'
    )
    assert [path.name for path in script.parent.iterdir()] == [script.name]


def test_the_framework_finds_our_tools_first_and_reports_to_nobody() -> None:
    environment = building.environment()

    assert environment["PATH"].split(":")[0] == str(Path(sys.executable).parent)
    assert environment["REFLEX_TELEMETRY_ENABLED"] == "false"
