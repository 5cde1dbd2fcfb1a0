"""What lies outside a sandbox and must stay as it is: listeners, files, and a process of the same user."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandboxes import CHECKOUT, Place
from worker import SECRET

from harness.sandbox.interface import Execution

VICTIM = f"""
import time
held = bytearray(b"{SECRET}") * 1000
print(hex(id(held)), flush=True)
time.sleep(600)
"""


class Outside:
    """Real things of the harness's user. Leaving the context checks that none was touched."""

    def __init__(self, sandbox: Place) -> None:
        self.sandbox = sandbox
        self.uid = sandbox.harness.uid
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._files(stack)
            self._listeners(stack)
            self._victim(stack)
            self._stack = stack.pop_all()
        return self

    def _files(self, stack: contextlib.ExitStack) -> None:
        mine = self.uid == os.getuid()
        home = Path.home() if mine else self.sandbox.folder / "home"
        self.home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".harness-test-", dir=home)))
        self.tmp = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="others-", dir=self.sandbox.temporary))
        )
        claims = self.tmp / "claims/paper-2020/claim"
        artifacts = self.tmp / "artifacts/runs/1"
        for folder in (claims, artifacts):
            folder.mkdir(parents=True)
        self.files = {
            "home": self.home / "secret",
            "key": self.home / "id_rsa",
            "tmp": self.tmp / "secret",
            "claim": claims / "record.yaml",
            "script": claims / "reproduce.py",
            "artifact": artifacts / "manifest.json",
        }
        for path in self.files.values():
            path.write_text(SECRET)
        for top in (self.home, self.tmp):
            for path in (top, *top.rglob("*")):
                path.chmod(0o777 if path.is_dir() else 0o666)
                if not mine:
                    os.chown(path, self.uid, self.uid)
        self._before = self._state()

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = {}
        for name, path in self.files.items():
            status = path.lstat()
            kept = (status.st_mode, status.st_uid, status.st_gid, status.st_nlink, status.st_mtime_ns)
            state[name] = (path.read_bytes(), kept)
        for top in (self.home, self.tmp):
            state[str(top)] = sorted(map(str, top.rglob("*")))
        return state

    def _listeners(self, stack: contextlib.ExitStack) -> None:
        self.tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.udp = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        self.udp.bind(("127.0.0.1", 0))
        self._sockets = [self.tcp, self.udp]
        self.ports = {"tcp": self.tcp.getsockname()[1], "udp": self.udp.getsockname()[1], "tcp6": 9}
        with contextlib.suppress(OSError):
            tcp6 = stack.enter_context(socket.create_server(("::1", 0), family=socket.AF_INET6))
            self._sockets.append(tcp6)
            self.ports["tcp6"] = tcp6.getsockname()[1]
        word = secrets.token_hex(4)
        self.names: dict[str, str] = {}
        for name, kind in (("stream", socket.SOCK_STREAM), ("datagram", socket.SOCK_DGRAM)):
            for place in ("path", "abstract"):
                own = stack.enter_context(socket.socket(socket.AF_UNIX, kind))
                address = str(self.tmp / f"{name}.socket") if place == "path" else f"\0harness-{word}-{name}"
                own.bind(address)
                if place == "path":
                    Path(address).chmod(0o777)
                if kind == socket.SOCK_STREAM:
                    own.listen()
                self._sockets.append(own)
                self.names[f"{place} {name}"] = address
        self._before = self._state()

    def _victim(self, stack: contextlib.ExitStack) -> None:
        identity = {}
        if self.uid != os.getuid():
            identity = {"user": self.uid, "group": self.uid, "extra_groups": []}
        self.victim = stack.enter_context(
            subprocess.Popen(
                ["/usr/bin/python3", "-I", "-c", VICTIM],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"PLANTED_TOKEN": SECRET},
                cwd=self.tmp,
                **identity,
            )
        )
        stack.callback(self.victim.kill)
        assert self.victim.stdout
        self.address = int(self.victim.stdout.readline(), 16)
        self._victim_before = self._victim_state()

    def _victim_state(self) -> dict[str, Any]:
        pid = self.victim.pid
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        traced = Path(f"/proc/{pid}/status").read_text().split("TracerPid:")[1].split()[0]
        return {
            "runs": self.victim.poll() is None and stat[0] not in "TtZX",
            "traced": traced,
            "niceness": stat[16],
            "limits": Path(f"/proc/{pid}/limits").read_text(),
            "processors": os.sched_getaffinity(pid),
            "scheduler": os.sched_getscheduler(pid),
        }

    @property
    def request(self) -> dict[str, Any]:
        """What an attack script is told: everything that an attacker could find out or guess."""
        return {
            "victim": self.victim.pid,
            "address": self.address,
            "harness": self.sandbox.harness.pid,
            "files": {name: str(path) for name, path in self.files.items()},
            "folder": str(self.tmp),
            "checkout": str(CHECKOUT),
            "ports": self.ports,
            "names": self.names,
            "namespaces": self.sandbox.namespaces,
        }

    def check(self, execution: Execution | None = None) -> None:
        """Nothing was touched, nobody was reached, and no secret came back."""
        if execution is not None:
            for content in (execution.stdout, execution.stderr, execution.observations or b""):
                assert SECRET.encode() not in content
        assert self._state() == self._before
        assert self._victim_state() == self._victim_before
        for own in self._sockets:
            own.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                heard = own.accept() if own.type == socket.SOCK_STREAM else own.recv(100)
                raise AssertionError(f"the sandbox reached {own.getsockname()}: {heard}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.check()
        finally:
            self._stack.close()
