"""The commands: what they explain, how they end, and the one sentence when something is wrong."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from anonmsg import cli
from anonmsg.commands import serving
from anonmsg.errors import CannotStart
from anonmsg.settings import Settings, decode_secret


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project folder and no settings; whatever a command sets in the environment is forgotten."""
    for name in Settings.model_fields:
        monkeypatch.setenv(name.upper(), "")
        monkeypatch.delenv(name.upper())
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.setattr(cli, "ROOT", folder)
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_the_help_explains_each_command() -> None:
    result = CliRunner().invoke(cli.main, ["--help"])

    assert result.exit_code == 0
    for name, command in cli.main.commands.items():
        assert name in result.output
        assert (command.short_help or command.help or "?") in result.output


@pytest.mark.parametrize("name", ["run", "dev", "seed", "doctor", "secret"])
def test_each_command_has_help_of_its_own(name: str) -> None:
    result = CliRunner().invoke(cli.main, [name, "-h"])

    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: main {name}")


@pytest.mark.parametrize(
    "arguments", [["serve"], ["run", "--port", "0"], ["run", "--port", "65536"], ["seed", "--messages", "-1"]]
)
def test_what_is_no_command_or_option_is_refused_with_the_usage(arguments: list[str]) -> None:
    result = CliRunner().invoke(cli.main, arguments)

    assert result.exit_code == 2
    assert result.stderr.startswith("Usage:")


def test_secret_prints_a_new_secret_each_time() -> None:
    first, second = (CliRunner().invoke(cli.main, ["secret"]).output.strip() for _ in range(2))

    assert decode_secret(first, "SECRET_KEY") != decode_secret(second, "SECRET_KEY")


@pytest.mark.parametrize("command", ["run", "dev"])
def test_an_address_for_others_needs_a_public_url(command: str) -> None:
    result = CliRunner().invoke(cli.main, [command, "--host", "0.0.0.0"])  # noqa: S104  # the thing under test

    assert result.exit_code == 1
    assert result.stderr == (
        "--host 0.0.0.0 is reachable from elsewhere, so set PUBLIC_URL to the address that people use; "
        "all links in mails and pages start with it.\n"
    )


@pytest.mark.parametrize("command", ["run", "dev"])
def test_a_taken_port_is_refused_with_one_sentence(command: str, taken_port: int) -> None:
    result = CliRunner().invoke(cli.main, [command, "--port", str(taken_port)])

    assert result.exit_code == 1
    assert result.stderr == f"Port {taken_port} on 127.0.0.1 is taken. Choose another one with --port.\n"


def test_the_env_file_of_the_project_counts_wherever_the_command_is_called(project: Path) -> None:
    (project / ".env").write_text("PUBLIC_URL=nonsense\n")

    result = CliRunner().invoke(cli.main, ["run"])

    assert result.exit_code == 1
    assert result.stderr.startswith("PUBLIC_URL is wrong:")


def test_a_setting_that_is_wrong_is_named_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_BACKEND", "hunter2")

    result = CliRunner().invoke(cli.main, ["run"])

    assert result.exit_code == 1
    assert result.stderr.startswith("MAIL_BACKEND is wrong:")
    assert "hunter2" not in result.stderr


def test_settle_takes_links_from_the_port_on_this_machine() -> None:
    settings = serving.settle("127.0.0.1", 4321, None)

    assert settings.public_url == "http://localhost:4321"
    assert os.environ["PUBLIC_URL"] == "http://localhost:4321"


def test_settle_leaves_a_public_url_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://example.org")

    settings = serving.settle("0.0.0.0", 4321, None)  # noqa: S104  # the thing under test

    assert settings.public_url == "https://example.org"


def test_settle_passes_the_whole_path_of_the_data_folder_on(tmp_path: Path) -> None:
    settings = serving.settle("127.0.0.1", 4321, "somewhere")

    assert settings.data_dir == tmp_path / "somewhere"
    assert os.environ["DATA_DIR"] == str(tmp_path / "somewhere")


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("no.such.host.invalid", "--host no.such.host.invalid is no address that anonmsg can listen on."),
        ("192.0.2.1", "anonmsg can't listen on port 4321 of 192.0.2.1: Cannot assign requested address."),
    ],
)
def test_a_host_that_is_not_this_machine_is_named(host: str, sentence: str) -> None:
    with pytest.raises(CannotStart) as error:
        serving.check_port(host, 4321)

    assert str(error.value) == sentence


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_command_once_and_is_an_ordinary_one_afterwards(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    tidied: list[bool] = []

    @cli.in_project
    def command() -> None:
        try:
            os.kill(os.getpid(), number)
        finally:
            os.kill(os.getpid(), number)  # an impatient second one
            tidied.append(True)

    with pytest.raises(SystemExit) as end:
        command()

    assert end.value.code == 128 + number
    assert tidied
    assert signal.getsignal(number) is before
