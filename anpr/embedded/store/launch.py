"""Start an embedded store as a child process and wait until it answers."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from anpr.embedded.child import Child, ChildError, wait_ready
from sinks.clickhouse.controllers import LEZ, POLICE, Controller, controller_of_role

_STOP_TIMEOUT_S = 40.0
"""More than the store's own --stop-timeout-s, so that it can end by itself."""


@dataclass(frozen=True)
class StoreProcess:
    """A running embedded store."""

    child: Child
    port: int
    version: str
    """Version of the engine, e.g. "26.9.2.1"."""
    token: str = ""
    """The secret that callers present; "" when the store accepts every local caller."""
    role_tokens: Mapping[str, str] = field(default_factory=dict)
    """Secrets that open the store in one role only, by role."""

    @property
    def pid(self) -> int:
        """Process id of the store."""
        return self.child.pid

    @property
    def dsn(self) -> str:
        """Of the police's database, for `clickhouse_connect.get_client(dsn=…)`."""
        return self._dsn(POLICE)

    @property
    def lez_dsn(self) -> str:
        """Of the database of the low-emission zones, once it was made."""
        return self._dsn(LEZ)

    def _dsn(self, controller: Controller) -> str:
        secret = f":{self.token}" if self.token else ""
        return f"http://default{secret}@127.0.0.1:{self.port}/{controller.database}"

    def dsn_as(self, role: str) -> str:
        """As `dsn`, for somebody who has this role and no other. Raises KeyError when no token was given for it."""
        database = controller_of_role(role).database
        return f"http://{role}:{self.role_tokens[role]}@127.0.0.1:{self.port}/{database}"

    @property
    def url(self) -> str:
        """Base address without user, e.g. for /health."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> int:
        """End the store in order (SIGTERM) and return its exit code; killed when that takes over 40 s."""
        self.child.stop(_STOP_TIMEOUT_S)
        return self.child.returncode or 0

    def kill(self) -> None:
        """End the store at once, as a crash would."""
        self.child.kill()


def start_store(
    path: Path,
    *,
    port: int = 0,
    timeout_s: float = 30.0,
    token_file: Path | None = None,
    role_token_files: Mapping[str, Path] | None = None,
    options: Sequence[str] = (),
) -> StoreProcess:
    """Start a store over the folder `path` and wait until it answers.

    port: 0 takes a free one. role_token_files: by role; they need a token_file. options: further command-line
    options, e.g. ("--insert-threads", "4"). The store's output goes to `store.log` in the folder. The store ends by
    itself when this process does.
    Raises ChildError, with the end of the log, when it ends early or is not ready after timeout_s seconds.
    """
    ready_file = path / f"store.ready.{uuid.uuid4().hex}"
    arguments = ["--path", str(path), "--port", str(port), "--ready-file", str(ready_file), *options]
    if token_file is not None:
        arguments += ["--token-file", str(token_file)]
    role_files = role_token_files or {}
    for role, file in role_files.items():
        arguments += ["--role-token", f"{role}={file}"]
    child = _start(path, arguments)
    try:
        wait_ready(child, ready_file.exists, timeout_s=timeout_s)
        ready = json.loads(ready_file.read_text())
    finally:
        ready_file.unlink(missing_ok=True)
    token = token_file.read_text().strip() if token_file is not None else ""
    role_tokens = {role: file.read_text().strip() for role, file in role_files.items()}
    return StoreProcess(child, ready["port"], ready["version"], token, role_tokens)


def _start(path: Path, arguments: list[str]) -> Child:
    """Not by `start_child`, which ties a child to a thread and kills it; --parent-pid ends it cleanly."""
    command = [sys.executable, "-m", "anpr.embedded.store", "--parent-pid", str(os.getpid()), *arguments]
    log_path = path / "store.log"
    try:
        path.mkdir(parents=True, exist_ok=True)
        with log_path.open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as err:
        raise ChildError(f"The store folder {path} cannot be written ({err.strerror}): choose one that can.") from err
    return Child("the embedded store", process, log_path)
