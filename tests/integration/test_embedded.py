"""The embedded MongoDB: private, one owner, kept running, and never mistaken for somebody else's process."""

import asyncio
import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient, MongoClient

from anonmsg.errors import CannotStart
from anonmsg.storage import embedded, mongod_binary
from anonmsg.storage.embedded import EmbeddedMongo, embedded_uri, find_mongod, is_running, mongod_version
from anonmsg.storage.mongod_socket import socket_path
from anonmsg.storage.orphans import ProcessRecord, stop_orphan
from anonmsg.storage.ownership import LOCK_NAME

APP_WITH_WORKER = """
import os, sys, time
from pathlib import Path
from anonmsg.storage.embedded import EmbeddedMongo
mongo = EmbeddedMongo(Path(sys.argv[1]))
mongo.start()
mongo.wait_until_primary()
worker = os.fork()
if worker:
    print(mongo.pid, worker, flush=True)
time.sleep(60)
"""

ASK_OWNER = """
import sys
from pathlib import Path
from anonmsg.errors import CannotStart
from anonmsg.storage.embedded import EmbeddedMongo, is_running
folder = Path(sys.argv[1])
print(is_running(folder))
try:
    EmbeddedMongo(folder).start()
except CannotStart as error:
    print(error)
"""


def eventually(condition: Callable[[], object], seconds: float = 15) -> None:
    """Wait until `condition` holds."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "it never came true"
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one of which only the exit code is left does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def servers_on(data_dir: Path) -> list[str]:
    """The ids of all mongod processes on a data folder."""
    wanted = f"mongod\0--dbpath\0{data_dir}/mongodb\0".encode()
    found: list[str] = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (process / "cmdline").read_bytes():
                found.append(process.name)
    return found


def ask_from_another_process(data_dir: Path) -> str:
    """What a second `anonmsg run` on the same folder is told."""
    command = [sys.executable, "-c", ASK_OWNER, str(data_dir)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # our own script


@contextlib.contextmanager
def connected(data_dir: Path) -> Iterator[Any]:
    """The database of a data folder, over the public connection string."""
    with MongoClient[dict[str, Any]](embedded_uri(data_dir), serverSelectionTimeoutMS=15000) as client:
        yield client.get_default_database()


@contextlib.contextmanager
def running(data_dir: Path) -> Iterator[EmbeddedMongo]:
    """A server that is ready."""
    with EmbeddedMongo(data_dir) as server:
        server.wait_until_primary()
        yield server


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("embedded") / "data"


@pytest.fixture(scope="module")
def server(data_dir: Path) -> Iterator[EmbeddedMongo]:
    with running(data_dir) as server:
        yield server


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with anonmsg."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def fake_mongod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a script in the place of mongod."""

    def install(script: str) -> Path:
        binary = tmp_path / "mongod"
        binary.write_text(f"#!/bin/sh\n{script}\n")
        binary.chmod(0o755)
        monkeypatch.setattr(mongod_binary, "_wheel_candidates", lambda: [binary])
        return binary

    return install


# --- what it is ---


def test_it_is_ready_soon_and_gone_after_stop(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    began = time.perf_counter()
    with running(tmp_path / "data") as server:
        record_property("seconds_to_primary", time.perf_counter() - began)
        pid = server.pid
        assert is_running(tmp_path / "data")
    server.stop()

    assert time.perf_counter() - began < 20
    assert not is_alive(pid)
    assert not is_running(tmp_path / "data")
    assert not socket_path(tmp_path / "data").exists()


def test_it_listens_on_one_socket_and_no_port(server: EmbeddedMongo, data_dir: Path) -> None:
    inodes = {os.readlink(link) for link in Path(f"/proc/{server.pid}/fd").iterdir() if link.is_symlink()}
    tables = [Path(f"/proc/{server.pid}/net/{name}").read_text() for name in ("tcp", "tcp6", "udp", "udp6")]
    ports = [line for table in tables for line in table.splitlines()[1:] if f"socket:[{line.split()[9]}]" in inodes]
    unix = [line.split() for line in Path(f"/proc/{server.pid}/net/unix").read_text().splitlines()[1:]]
    listening = [line[-1] for line in unix if f"socket:[{line[6]}]" in inodes and line[3] == "00010000"]

    assert ports == []
    assert listening == [str(socket_path(data_dir))]


def test_nobody_else_on_the_machine_can_reach_in(server: EmbeddedMongo, data_dir: Path) -> None:
    path = socket_path(data_dir)
    modes = {name: stat.S_IMODE(name.stat().st_mode) for name in (data_dir, data_dir / "mongodb", path.parent)}
    files = {name: stat.S_IMODE(name.stat().st_mode) for name in (path, data_dir / "mongodb.log")}

    assert set(modes.values()) == {0o700}, modes
    assert set(files.values()) == {0o600}, files


def test_ctrl_c_in_the_terminal_does_not_reach_it(server: EmbeddedMongo) -> None:
    assert os.getsid(server.pid) != os.getsid(0)


def test_it_sees_no_secret(server: EmbeddedMongo) -> None:
    names = {entry.partition("=")[0] for entry in Path(f"/proc/{server.pid}/environ").read_text().split("\0")}

    assert names <= {*mongod_binary._KEPT_VARIABLES, "LC_ALL", ""}


def test_its_log_holds_nothing_of_a_slow_query(server: EmbeddedMongo, data_dir: Path) -> None:
    with connected(data_dir) as database:
        database.slow.insert_one({})
        database.slow.find_one({"$where": "sleep(150) || this.name == 'a-name-to-look-for'"})

    assert "a-name-to-look-for" not in (data_dir / "mongodb.log").read_text()


async def test_change_streams_and_transactions_work(server: EmbeddedMongo, data_dir: Path) -> None:
    async with AsyncMongoClient[dict[str, Any]](embedded_uri(data_dir)) as client:
        things = client.get_default_database()["things"]
        async with await things.watch() as stream, client.start_session() as session:
            async with await session.start_transaction():
                await things.insert_one({"_id": 1}, session=session)
            change = await asyncio.wait_for(stream.next(), 5)

    assert change["documentKey"] == {"_id": 1}


# --- one owner ---


def test_a_second_run_on_the_same_folder_is_refused(server: EmbeddedMongo, data_dir: Path) -> None:
    answer = ask_from_another_process(data_dir)

    assert answer.startswith("True")
    assert f"anonmsg already runs on {data_dir} (process {os.getpid()})" in answer
    assert is_alive(server.pid)


def test_a_second_start_in_the_same_process_is_refused(server: EmbeddedMongo, data_dir: Path) -> None:
    for again in (EmbeddedMongo(data_dir), server):
        with pytest.raises(CannotStart, match="already runs"):
            again.start()

    assert is_alive(server.pid)


def test_asking_does_not_lose_the_lock(server: EmbeddedMongo, data_dir: Path) -> None:
    assert is_running(data_dir)
    answer = ask_from_another_process(data_dir)

    assert answer.startswith("True")


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")  # forking beside the keeper is the point
def test_a_forked_worker_neither_stops_nor_owns_it(server: EmbeddedMongo, data_dir: Path) -> None:
    worker = os.fork()
    if worker == 0:
        server.stop()
        os._exit(0 if is_running(data_dir) else 1)
    _, status = os.waitpid(worker, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert is_alive(server.pid)
    assert is_running(data_dir)


# --- faults ---


def test_it_is_started_again_with_all_that_was_acknowledged(server: EmbeddedMongo, data_dir: Path) -> None:
    pid = server.pid
    with connected(data_dir) as database:
        for number in range(50):
            database.kept.insert_one({"_id": number})
        os.kill(pid, signal.SIGKILL)

        assert database.kept.count_documents({}) == 50
        database.kept.insert_one({"_id": 50})
    assert server.pid != pid
    assert server.failure == ""


async def test_a_change_stream_goes_on_after_a_crash(server: EmbeddedMongo, data_dir: Path) -> None:
    async with AsyncMongoClient[dict[str, Any]](embedded_uri(data_dir)) as client:
        things = client.get_default_database()["stream"]
        async with await things.watch() as stream:
            await things.insert_one({"_id": 1})
            await stream.next()
            os.kill(server.pid, signal.SIGKILL)
            await things.insert_one({"_id": 2})
            change = await asyncio.wait_for(stream.next(), 10)

    assert change["documentKey"] == {"_id": 2}


def test_stop_wins_over_the_keeper(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        os.kill(server.pid, signal.SIGKILL)
        eventually(lambda: not is_alive(server.pid))
    server.stop()

    assert servers_on(tmp_path) == []
    assert not is_running(tmp_path)


def test_nothing_is_started_again_once_stop_has_begun(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        mongod = server._mongod
        assert mongod
        os.kill(server.pid, signal.SIGKILL)
        server.stop()
        server._start_again(mongod)  # what the keeper does if stop comes between its look and its start

    assert servers_on(tmp_path) == []


def test_a_server_that_dies_again_and_again_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_SHORTEST_PAUSE", 0.01)
    with running(tmp_path) as server:
        os.truncate(tmp_path / "mongodb" / "WiredTiger.turtle", 0)
        (tmp_path / "mongodb" / "WiredTiger.wt").write_bytes(b"rubbish" * 1000)
        os.kill(server.pid, signal.SIGKILL)
        eventually(lambda: server.failure)

    assert "damaged" in server.failure
    assert str(tmp_path / "mongodb.log") in server.failure


def test_a_long_log_is_put_aside_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anonmsg.storage.mongod_log.MAX_LOG_BYTES", 1000)
    monkeypatch.setattr(embedded, "_LOG_CHECK_SECONDS", 0.05)
    with running(tmp_path / "data") as server:
        eventually((tmp_path / "data" / "mongodb.log.1").exists)
        eventually((tmp_path / "data" / "mongodb.log").exists)
        os.kill(server.pid, signal.SIGKILL)

    # It may have been killed with the one put aside and the next not begun, but there are never more than two.
    assert {path.name for path in (tmp_path / "data").glob("mongodb.log*")} <= {"mongodb.log", "mongodb.log.1"}


def test_a_data_folder_may_be_moved_to_a_long_and_awkward_place(tmp_path: Path) -> None:
    with running(tmp_path / "data"), connected(tmp_path / "data") as database:
        database.kept.insert_one({"_id": "here"})
    moved = tmp_path / ("A long Name, " * 8) / "Ärger:%41"
    moved.parent.mkdir()
    (tmp_path / "data").rename(moved)
    with running(moved), connected(moved) as database:
        found = database.kept.find_one()

    assert found == {"_id": "here"}
    assert not socket_path(moved).parent.exists()


# --- processes of others ---


def test_an_orphan_is_stopped_even_while_a_worker_of_its_app_lives_on(tmp_path: Path) -> None:
    app = subprocess.Popen(
        [sys.executable, "-c", APP_WITH_WORKER, str(tmp_path)], stdout=subprocess.PIPE
    )  # our own script
    with app, contextlib.ExitStack() as cleanup:
        assert app.stdout
        orphan, worker = map(int, app.stdout.readline().split())
        cleanup.callback(os.kill, worker, signal.SIGKILL)
        app.kill()
        app.wait()
        assert is_alive(orphan)
        assert is_alive(worker)
        with running(tmp_path) as server:
            assert not is_alive(orphan)
            assert server.pid != orphan
    assert '"exitCode":0' in (tmp_path / "mongodb.log.1").read_text(), "the orphan was not stopped cleanly"


@pytest.mark.parametrize("started", ["true start", "1"])
def test_a_process_that_got_the_orphans_id_is_left_alone(
    tmp_path: Path, sleeper: subprocess.Popen[bytes], started: str
) -> None:
    present = ProcessRecord.of(sleeper.pid, tmp_path / "mongodb")
    assert present
    record = ProcessRecord(sleeper.pid, present.started if started == "true start" else started, present.dbpath)
    record.write(tmp_path / "mongod.json")

    assert not stop_orphan(tmp_path / "mongod.json", tmp_path / "mongodb")
    record.send(signal.SIGKILL)
    assert sleeper.poll() is None
    assert not (tmp_path / "mongod.json").exists()


def test_a_mongod_that_started_at_another_time_is_left_alone(server: EmbeddedMongo, data_dir: Path) -> None:
    record = ProcessRecord.read(data_dir / "mongod.json")
    assert record
    ProcessRecord(record.pid, "1", record.dbpath).write(data_dir / "earlier.json")

    assert not stop_orphan(data_dir / "earlier.json", data_dir / "mongodb")
    assert is_alive(server.pid)


def test_the_server_of_a_folder_that_was_copied_is_left_alone(
    server: EmbeddedMongo, data_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "mongod.json").write_bytes((data_dir / "mongod.json").read_bytes())

    assert not stop_orphan(tmp_path / "mongod.json", tmp_path / "mongodb")
    assert is_alive(server.pid)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"pid": -1, "started": "1", "dbpath": "x"}', '{"pid": "1"}'])
def test_a_record_that_makes_no_sense_is_dropped(tmp_path: Path, text: str) -> None:
    (tmp_path / "mongod.json").write_text(text)

    assert not stop_orphan(tmp_path / "mongod.json", tmp_path / "mongodb")


def test_a_server_that_is_not_its_own_child_is_not_used(tmp_path: Path, fake_mongod: Callable[[str], Path]) -> None:
    fake_mongod("exec sleep 60")
    (tmp_path / "run").mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.bind(str(socket_path(tmp_path)))
        stranger.listen()
        server = EmbeddedMongo(tmp_path)
        server.start()
        pid = server.pid
        with pytest.raises(CannotStart, match="not anonmsg's MongoDB"):
            server.wait_until_primary()

    assert not is_alive(pid)


# --- no server to start ---


def test_without_any_mongod_the_sentence_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongod_binary, "_wheel_candidates", lambda: [tmp_path / "nothing"])
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(CannotStart, match=r"^No mongod was found\. Install MongoDB .* or set MONGODB_URI"):
        find_mongod()


def test_a_mongod_on_path_serves_where_no_wheel_has_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mongod").write_text("#!/bin/sh\n")
    (tmp_path / "mongod").chmod(0o755)
    monkeypatch.setattr(mongod_binary, "_wheel_candidates", list)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_mongod() == tmp_path / "mongod"


def test_the_version_is_told() -> None:
    assert mongod_version(find_mongod())[0].isdigit()


def test_a_missing_library_is_named(tmp_path: Path, fake_mongod: Callable[[str], Path]) -> None:
    binary = fake_mongod("echo 'mongod: error while loading shared libraries: libcurl.so.4: no' >&2; exit 127")

    with pytest.raises(CannotStart, match=r"libcurl\.so\.4 is missing"):
        mongod_version(binary)
    with EmbeddedMongo(tmp_path / "data") as server, pytest.raises(CannotStart, match=r"libcurl\.so\.4 is missing"):
        server.wait_until_primary()
    assert not is_running(tmp_path / "data")


def test_a_binary_for_another_processor_is_told(tmp_path: Path, fake_mongod: Callable[[str], Path]) -> None:
    fake_mongod("").write_bytes(b"\x7fELF not for here")

    with pytest.raises(CannotStart, match=r"can't run on this system \(Exec format error\)"):
        EmbeddedMongo(tmp_path / "data").start()
    assert not is_running(tmp_path / "data")


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CannotStart, match="can't be used: Not a directory"):
        EmbeddedMongo(tmp_path / "file" / "data").start()


def test_a_lock_file_that_a_dead_owner_left_does_not_count(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).write_text("1")

    assert not is_running(tmp_path)
