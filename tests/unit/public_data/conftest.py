"""A publisher that tests may ask."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from publisher import Handler, Server


@pytest.fixture
def server() -> Iterator[Server]:
    serving = Server(("127.0.0.1", 0), Handler)
    serving.requests = []
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield serving
    serving.shutdown()
    thread.join()
    serving.server_close()
