"""Where the embedded MongoDB listens: one place that every process works out alike."""

from pathlib import Path

import pytest
from pymongo.uri_parser import parse_uri

from anonmsg.errors import CannotStart
from anonmsg.storage import mongod_socket
from anonmsg.storage.mongod_socket import embedded_uri, prepare_socket_folder, socket_path

AWKWARD = ["/srv/" + "long/" * 40, "/home/Anna/.anonmsg", "/srv/a:b", "/srv/a,b", "/srv/Ärger %41", "/srv/a b"]


def test_a_plain_folder_holds_its_socket() -> None:
    assert socket_path(Path("/srv/anonmsg")) == Path("/srv/anonmsg/run/mongodb.sock")


@pytest.mark.parametrize("folder", AWKWARD)
def test_any_other_folder_has_a_short_lower_case_place_of_its_own(folder: str) -> None:
    path = socket_path(Path(folder))

    assert len(str(path)) <= 107
    assert str(path) == str(path).lower()
    assert path == socket_path(Path(folder))
    assert path != socket_path(Path(folder) / "x")


@pytest.mark.parametrize("folder", ["/srv/anonmsg", *AWKWARD])
def test_the_driver_reads_the_socket_and_the_database_out_of_the_uri(folder: str) -> None:
    parts = parse_uri(embedded_uri(Path(folder)))

    assert parts["nodelist"] == [(str(socket_path(Path(folder))), None)]
    assert parts["database"] == "anonmsg"
    assert dict(parts["options"]) == {"replicaSet": "rs0", "w": "majority", "journal": True}


def test_a_shared_place_that_others_can_enter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongod_socket, "_SHARED_FOLDER", tmp_path)
    socket_path(Path("/srv/A")).parent.mkdir(mode=0o755)

    with pytest.raises(CannotStart, match="mode 0700"):
        prepare_socket_folder(Path("/srv/A"))


def test_a_shared_place_that_is_a_link_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongod_socket, "_SHARED_FOLDER", tmp_path)
    (tmp_path / "trap").mkdir(mode=0o700)
    socket_path(Path("/srv/A")).parent.symlink_to(tmp_path / "trap")

    with pytest.raises(CannotStart, match="must be a folder of yours"):
        prepare_socket_folder(Path("/srv/A"))
