"""A publisher on this machine."""

from __future__ import annotations

import hashlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness.public_data.publishers import Publication, RemoteFile

BYTES = bytes(range(256)) * 5000


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves BYTES under every path; ``cut`` ends an answer after so many bytes, ``ranges`` says if it can resume."""

    cut: int | None = None
    ranges = True
    requests: list[str | None]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        asked = self.headers.get("Range")
        server.requests.append(asked)
        if "missing" in self.path:
            self.send_error(404)
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and server.ranges else 0
        if start >= len(BYTES):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(BYTES) - start))
        self.end_headers()
        self.wfile.write(BYTES[start:][: server.cut])

    def log_message(self, format: str, *args: object) -> None:
        pass


def offered(server: Server, sha256: str | None, path: str = "file.bin") -> Publication:
    url = f"http://127.0.0.1:{server.server_port}/{path}"
    return Publication("made", "CC0", "nobody", (RemoteFile("part/file.bin", url, sha256),))
