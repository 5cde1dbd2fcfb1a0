"""The harness connects a script's socket to nothing but a socket in the run's folder."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.sandbox.caller import read_address
from harness.sandbox.sockets import connected


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[socket.socket]:
    """A socket that listens in the run's folder."""
    (tmp_path / "run").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "run" / "s"))
        server.listen()
        yield server


def attempt(path: Path, folder: Path) -> int:
    """0 when a connection is made, else the error number."""
    try:
        connected(str(path), (str(folder),)).close()
    except OSError as error:
        return error.errno or -1
    return 0


def test_a_socket_of_the_run_is_connected(listening: socket.socket, tmp_path: Path) -> None:
    with connected(str(tmp_path / "run/s"), (str(tmp_path / "run"),)) as client:
        accepted, _ = listening.accept()
        with accepted:
            client.sendall(b"x")
            assert accepted.recv(1) == b"x"


@pytest.mark.usefixtures("listening")
def test_a_socket_elsewhere_is_not(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as outside:
        outside.bind(str(tmp_path / "s"))
        outside.listen()
        (tmp_path / "run" / "link").symlink_to(tmp_path / "s")
        (tmp_path / "run" / "up").symlink_to("..")
        (tmp_path / "run" / "file").write_text("")
        for name in ("../s", "link", "up/s"):
            assert attempt(tmp_path / "run" / name, tmp_path / "run") != 0
        assert attempt(tmp_path / "run/file", tmp_path / "run") == errno.ECONNREFUSED
        assert attempt(tmp_path / "run/none", tmp_path / "run") == errno.ENOENT
        outside.setblocking(False)
        with pytest.raises(BlockingIOError):
            outside.accept()


def test_a_full_queue_does_not_make_the_harness_wait(listening: socket.socket, tmp_path: Path) -> None:
    listening.listen(0)
    held = []
    for _ in range(10):
        try:
            held.append(connected(str(tmp_path / "run/s"), (str(tmp_path / "run"),)))
        except BlockingIOError:
            break
    assert len(held) < 10
    for client in held:
        client.close()


@pytest.mark.parametrize(
    ("content", "text", "port"),
    [
        (b"\x02\x00\x00\x50\xc0\x00\x02\x01" + bytes(8), "192.0.2.1 port 80", 80),
        (b"\x0a\x00\x01\xbb" + bytes(4) + bytes(15) + b"\x01" + bytes(4), "::1 port 443", 443),
        (b"\x01\x00/claim/run/s\x00rest", "/claim/run/s", 0),
        (b"\x01\x00\x00name", "@name", 0),
        (b"\x01\x00", "", 0),
        (b"\x28\x00" + bytes(14), "address family 40", 0),
        (b"\x02\x00\x00", "address family 2", 0),
    ],
)
def test_addresses_are_put_into_words(content: bytes, text: str, port: int) -> None:
    address = read_address(content)
    assert address is not None
    assert (address.text, address.port) == (text, port)


def test_too_short_an_address_is_none() -> None:
    assert read_address(b"") is None
    assert read_address(b"\x02") is None
