"""The master key: what comes from it, and how its file is treated."""

import base64
import os
import stat
from pathlib import Path
from typing import get_args

import pytest

from anonmsg.errors import CannotStart
from anonmsg.masterkey import MasterKey, Purpose, make_key_file, read_key_file

KEY = MasterKey(b"m" * 32)
DATA_KEY_WRAPPING = "0e83d719924ecdc6068e55599506f5267d13cfdd27c373f1ebe5bd2045e309e4"


def test_each_purpose_has_a_key_of_its_own() -> None:
    derived = [KEY.derive(purpose) for purpose in get_args(Purpose)]

    assert len(set(derived)) == len(derived) == 13
    assert all(len(key) == 32 and key != KEY.secret for key in derived)


def test_the_same_master_key_always_gives_the_same_keys() -> None:
    assert KEY.derive("email index") == MasterKey(b"m" * 32).derive("email index")
    assert KEY.derive("email index") != MasterKey(b"n" * 32).derive("email index")


def test_the_derivation_is_hkdf_and_never_changes() -> None:
    """What is stored today must open with the code of tomorrow."""
    assert KEY.derive("data key wrapping").hex() == DATA_KEY_WRAPPING


def test_the_check_value_tells_keys_apart_and_is_none_of_them() -> None:
    assert KEY.check_value() == MasterKey(b"m" * 32).check_value()
    assert KEY.check_value() != MasterKey(b"n" * 32).check_value()
    assert KEY.check_value() not in [KEY.derive(purpose) for purpose in get_args(Purpose)]


def test_the_secret_is_not_in_the_text_of_the_key() -> None:
    texts = (repr(KEY), str(KEY), f"{KEY}", repr([KEY]))

    assert not any("mmm" in text for text in texts)


def test_a_new_key_file_holds_32_random_bytes_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "data" / "master.key"

    key = make_key_file(path)

    assert len(key) == 32
    assert read_key_file(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert make_key_file(tmp_path / "other.key") != key


def test_a_key_file_is_private_under_any_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_key_file(tmp_path / "data" / "master.key")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "data" / "master.key").stat().st_mode) == 0o600


def test_a_key_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    key = make_key_file(path)

    with pytest.raises(FileExistsError):
        make_key_file(path)

    assert read_key_file(path) == key
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_file_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", die)

    with pytest.raises(KeyboardInterrupt):
        make_key_file(tmp_path / "master.key")

    assert read_key_file(tmp_path / "master.key") is None


def test_a_missing_key_file_is_told_from_a_broken_one(tmp_path: Path) -> None:
    assert read_key_file(tmp_path / "master.key") is None


@pytest.mark.parametrize("content", [b"", b"short", b"\xff\xfe", base64.b64encode(b"m" * 31), b"m" * 32, b"!" * 44])
def test_a_broken_key_file_is_refused_without_repeating_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(content)

    with pytest.raises(CannotStart) as caught:
        read_key_file(path)

    assert str(path) in str(caught.value)
    assert not content or content.decode("latin-1") not in str(caught.value).replace(str(path), "")


def test_a_key_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="can't be read"):
        read_key_file(tmp_path)


def test_a_key_file_may_end_without_or_with_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(base64.b64encode(b"m" * 32) + b"\r\n\n")

    assert read_key_file(path) == b"m" * 32
