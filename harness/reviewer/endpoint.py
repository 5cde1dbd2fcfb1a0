"""An OpenAI-compatible chat endpoint over HTTP. The only module of the harness that opens a connection."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from harness.errors import CannotRun, InputError
from harness.json_input import BadJson, parse_json
from harness.observing import printable
from harness.reviewer.checking import MAX_BYTES

PATH = "/chat/completions"
"""Path of the chat call below the base address (OpenAI API reference, Create chat completion)."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect could carry the key to another host."""

    def redirect_request(self, *_ignored: Any) -> None:
        return None


@dataclass(frozen=True)
class Endpoint:
    """Where and how to ask."""

    url: str
    """Base address, such as ``http://127.0.0.1:8000/v1``."""
    model: str
    """Name of the model there."""
    key: str | None = None
    """Bearer token; never shown and never stored."""
    timeout: float = 120.0
    """Longest wait for a part of the answer, in seconds."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise InputError(f"--endpoint {self.url}: must be an http or https address without a user name")
        if self.key is not None and (not self.key.isascii() or not self.key.isprintable()):
            raise InputError("the key for the endpoint has characters that no header can carry")

    @property
    def name(self) -> str:
        """What stands in the suggestions file: the model and the host asked."""
        return f"{self.model} at {urlsplit(self.url).netloc}"

    def ask(self, messages: list[dict[str, str]]) -> str:
        """The text of the model's answer. Raises ``CannotRun`` with a sentence."""
        body = {
            "model": self.model,
            "messages": messages,
            "temperature": 0,
            "response_format": {"type": "json_object"},
        }
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
            self.url.rstrip("/") + PATH, data=json.dumps(body).encode(), headers=headers, method="POST"
        )
        opener = urllib.request.build_opener(_NoRedirect)
        try:
            with opener.open(request, timeout=self.timeout) as answer:
                data = answer.read(MAX_BYTES + 1)
        except urllib.error.HTTPError as error:
            error.close()
            raise CannotRun(f"{self.name} answered with HTTP status {error.code}") from None
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise CannotRun(f"{self.name} cannot be asked: {printable(str(reason))}") from None
        return _content(data, self.name)


def _content(data: bytes, name: str) -> str:
    try:
        document = parse_json(data, max_bytes=MAX_BYTES)
        content = document["choices"][0]["message"]["content"]
    except BadJson as error:
        raise CannotRun(f"{name} gave no readable answer: {error}") from None
    except (KeyError, IndexError, TypeError):
        raise CannotRun(f"{name} gave an answer without choices[0].message.content") from None
    if not isinstance(content, str):
        raise CannotRun(f"{name} gave an answer without text")
    return content
