"""Strict YAML 1.2 to plain values, with the line of every field.

Refused: duplicate keys, aliases and anchors, merge keys, tags, NaN and infinities, more than one document,
keys that are not text, nesting deeper than 30, files over 1 MiB. All problems are collected, not only the first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.tokens import (
    AliasToken,
    AnchorToken,
    BlockEndToken,
    BlockMappingStartToken,
    BlockSequenceStartToken,
    FlowMappingEndToken,
    FlowMappingStartToken,
    FlowSequenceEndToken,
    FlowSequenceStartToken,
    TagToken,
    Token,
)

from harness.errors import Problem

MAX_BYTES = 1 << 20
MAX_DEPTH = 30
MAX_DIGITS = 30

FieldPath = tuple[str | int, ...]

# The core schema of YAML 1.2, section 10.3.2; timestamps and yes/no are plain text there.
_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")
_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_INT = re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$")
_FLOAT = re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$")
_REFUSED_TOKENS: dict[type[Token], str] = {AliasToken: "aliases", AnchorToken: "anchors", TagToken: "tags"}
_OPENING = (BlockMappingStartToken, BlockSequenceStartToken, FlowMappingStartToken, FlowSequenceStartToken)
_CLOSING = (BlockEndToken, FlowMappingEndToken, FlowSequenceEndToken)
_NOT_FINITE = re.compile(r"^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$")


@dataclass
class YamlDocument:
    """Plain values of one YAML file, with lines and problems."""

    value: Any
    """dict, list, str, int, float, bool or None."""
    lines: dict[FieldPath, int] = field(default_factory=dict)
    """Field path to line, counted from 1."""
    problems: list[Problem] = field(default_factory=list)
    """Everything that is wrong with the file as YAML."""

    def line(self, path: FieldPath) -> int:
        """Line of a field, or of its nearest parent that stands in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def dotted(path: FieldPath) -> str:
    """``('grounding', 0, 'table')`` as ``grounding[0].table``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def parse_yaml(data: bytes, *, file: str) -> YamlDocument:
    """Parse one strict YAML document. Never raises for bad input: see ``problems``."""
    document = YamlDocument(value=None)

    def problem(line: int, path: FieldPath, message: str) -> None:
        document.problems.append(Problem(file, line, dotted(path), message))

    if len(data) > MAX_BYTES:
        problem(0, (), f"the file has {len(data)} bytes; at most {MAX_BYTES} are read")
        return document
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        problem(data.count(b"\n", 0, error.start) + 1, (), "the file is not UTF-8")
        return document
    try:
        depth = 0
        for token in YAML(typ="safe", pure=True).scan(text):
            depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
            if depth > MAX_DEPTH:
                # Said before composing: that takes time with the square of the depth.
                problem(token.start_mark.line + 1, (), f"nested deeper than {MAX_DEPTH}")
                return document
            for kind, what in _REFUSED_TOKENS.items():
                if isinstance(token, kind):
                    problem(token.start_mark.line + 1, (), f"{what} are not allowed")
        nodes = list(YAML(typ="safe", pure=True).compose_all(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem(mark.line + 1 if mark else 0, (), f"not YAML: {error.problem or error.context}")
        return document
    except (YAMLError, RecursionError, ValueError) as error:
        problem(0, (), f"not YAML: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
        return document
    if len(nodes) != 1 or nodes[0] is None:
        problem(1, (), "the file must hold exactly one YAML document")
        return document

    seen: set[int] = set()

    def walk(node: Node, path: FieldPath) -> Any:
        line = node.start_mark.line + 1
        document.lines.setdefault(path, line)
        if id(node) in seen:
            # An alias: said already, and following it could take for ever.
            return None
        seen.add(id(node))
        if len(path) > MAX_DEPTH:
            problem(line, path, f"nested deeper than {MAX_DEPTH}")
            return None
        if isinstance(node, MappingNode):
            return mapping(node, path)
        if isinstance(node, SequenceNode):
            return [walk(child, (*path, index)) for index, child in enumerate(node.value)]
        return scalar(node, path, line) if isinstance(node, ScalarNode) else None

    def mapping(node: MappingNode, path: FieldPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                problem(line, path, "a key must be plain text")
                continue
            key = str(key_node.value)
            if key == "<<" and key_node.style is None:
                problem(line, path, "merge keys are not allowed")
                continue
            if key in result:
                problem(
                    line,
                    (*path, key),
                    f"key {key!r} stands twice (first on line {document.line((*path, key))})",
                )
                continue
            document.lines[(*path, key)] = line
            result[key] = walk(value_node, (*path, key))
        return result

    def scalar(node: ScalarNode, path: FieldPath, line: int) -> Any:
        text = str(node.value)
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            problem(line, path, "holds a lone surrogate, which is no character")
            return None
        if node.style is not None:
            return text
        if _NOT_FINITE.match(text):
            problem(line, path, f"{text} is not a number the harness accepts")
            return None
        if _NULL.match(text):
            return None
        if _BOOL.match(text):
            return text.lower() == "true"
        if _INT.match(text) and len(text) > MAX_DIGITS:
            problem(line, path, f"an integer of {len(text)} characters is too long; write it as text")
            return None
        if _INT.match(text):
            return int(text, 0) if text.startswith("0") and text[1:2] in ("o", "x") else int(text)
        if _FLOAT.match(text):
            value = float(text)
            if value in (float("inf"), float("-inf")):
                problem(line, path, f"{text} is too large for a number")
                return None
            return value
        return text

    document.value = walk(nodes[0], ())
    return document
