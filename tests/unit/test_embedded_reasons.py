"""Why mongod stopped, in plain words, from what it wrote."""

import signal
from pathlib import Path

import pytest

from anonmsg.storage.mongod_log import MongodLog, plain_reason

LOADER = "mongod: error while loading shared libraries: {}: cannot open shared object file: No such file or directory\n"


@pytest.mark.parametrize(
    ("library", "package"), [("libcurl.so.4", "libcurl4"), ("libssl.so.3", "libssl3"), ("liblzma.so.5", "liblzma5")]
)
def test_a_missing_library_is_named_with_the_package_that_has_it(library: str, package: str) -> None:
    reason = plain_reason(LOADER.format(library), 127)

    assert library in reason
    assert f"apt-get install {package}`" in reason
    assert "MONGODB_URI" in reason


def test_an_unknown_missing_library_is_named_too() -> None:
    reason = plain_reason(LOADER.format("libfoo.so.1"), 127)

    assert "libfoo.so.1" in reason
    assert "package manager" in reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '{"s":"E","msg":"WiredTiger error message","attr":{"error":28,"message":{"msg":"posix_write"}}}',
            "disk is full",
        ),
        ('{"s":"E","attr":{"message":{"msg":"__desc_read:381:WiredTiger.wt is corrupted"}}}', "damaged"),
        ('{"s":"E","attr":{"error":"DBPathInUse: Unable to lock the lock file: x (busy)"}}', "another mongod"),
        ('{"s":"E","attr":{"error":"BadValue: strange thing"}}\n{"s":"F","msg":"Fatal assertion"}', "strange thing."),
        ("Error parsing command line: unrecognised option '--foo'\ntry 'mongod --help' for more", "option '--foo'."),
        ("/x: version `GLIBC_2.34' not found (required by mongod)", "C library is too old"),
        ('{"s":"E" broken', "exit code 14."),
        ("", "exit code 14."),
    ],
)
def test_the_reason_is_said_in_plain_words(text: str, words: str) -> None:
    assert words in plain_reason(text, 14)


def test_a_processor_without_avx_is_recognised() -> None:
    assert "AVX" in plain_reason("", -signal.SIGILL)


def test_a_kill_is_told_from_old_errors_in_the_log() -> None:
    assert "killed" in plain_reason('{"s":"E","attr":{"error":"an old trouble"}}', -signal.SIGKILL)


def test_only_what_the_newest_process_wrote_counts(tmp_path: Path) -> None:
    log = MongodLog(tmp_path / "mongodb.log")
    log.path.write_text("No space left on device\n")
    with open(log.open(), "w") as output:
        output.write("the real reason\n")

    assert log.reason(1) == "the real reason."


def test_one_older_log_is_kept(tmp_path: Path) -> None:
    log = MongodLog(tmp_path / "mongodb.log")
    for text in ("first", "second"):
        log.path.write_text(text)
        log.begin_anew()

    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("mongodb.log.1", "second")]
