"""Where a script reads its surroundings (clock, environment, machine, processes, file times), and other values for it.

Each place is replaced by an expression that gives another value of the same type, so that an honest use, such as the
time in a log line, goes on as before. What is read by a name that the script puts together at run time is not found;
``dynamic`` says where a script could do that.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from harness.records.run import ScriptEdit
from harness.redteam.mutation.source import Source, compiles, parse
from harness.script_edits import apply_edit

MOST = 8
"""Places of one script that are replaced; two values for each at most."""
_LATER = "__import__('datetime').timedelta(days=9131, hours=11, minutes=17, seconds=29)"
_OTHER_TEXT = "'unforeseen'"
_EXPECTED_VARIABLE = "CLAIM_REQUEST"

# Durations (perf_counter, monotonic, process_time) are left out: they begin anywhere and are different in every run.
_CALLS: dict[str, tuple[str, tuple[str, ...]]] = {
    "time.time": ("the clock", ("({0} + 788959049.5)", "({0} - 788959049.5)")),
    "time.time_ns": ("the clock", ("({0} + 788959049500000000)",)),
    "time.ctime": ("the clock", ("'Sat Feb 14 04:31:30 2009'",)),
    "time.localtime": (
        "the clock",
        ("__import__('time').localtime(1234567890)", "__import__('time').localtime(2100000000)"),
    ),
    "time.gmtime": (
        "the clock",
        ("__import__('time').gmtime(1234567890)", "__import__('time').gmtime(2100000000)"),
    ),
    "datetime.datetime.now": ("the clock", (f"({{0}} + {_LATER})", f"({{0}} - {_LATER})")),
    "datetime.datetime.utcnow": ("the clock", (f"({{0}} + {_LATER})", f"({{0}} - {_LATER})")),
    "datetime.datetime.today": ("the clock", (f"({{0}} + {_LATER})", f"({{0}} - {_LATER})")),
    "datetime.date.today": ("the clock", (f"({{0}} + {_LATER})", f"({{0}} - {_LATER})")),
    "platform.node": ("the machine", (_OTHER_TEXT,)),
    "platform.platform": ("the machine", (_OTHER_TEXT,)),
    "platform.release": ("the machine", (_OTHER_TEXT,)),
    "platform.version": ("the machine", (_OTHER_TEXT,)),
    "platform.machine": ("the machine", (_OTHER_TEXT,)),
    "platform.processor": ("the machine", (_OTHER_TEXT,)),
    "platform.system": ("the machine", (_OTHER_TEXT,)),
    "socket.gethostname": ("the machine", (_OTHER_TEXT,)),
    "socket.getfqdn": ("the machine", (_OTHER_TEXT,)),
    "os.uname": ("the machine", ("__import__('os').uname_result(('unforeseen',) * 5)",)),
    "os.cpu_count": ("the machine", ("3",)),
    "os.getuid": ("the user", ("({0} + 17)",)),
    "os.geteuid": ("the user", ("({0} + 17)",)),
    "os.getlogin": ("the user", (_OTHER_TEXT,)),
    "getpass.getuser": ("the user", (_OTHER_TEXT,)),
    "os.getpid": ("the processes", ("({0} + 4711)",)),
    "os.getppid": ("the processes", ("({0} + 4711)",)),
    "os.path.getmtime": ("file times", ("({0} - 788959049.5)",)),
    "os.path.getctime": ("file times", ("({0} - 788959049.5)",)),
    "os.path.getatime": ("file times", ("({0} - 788959049.5)",)),
    "os.listdir": ("the order of a folder", ("sorted({0})", "sorted({0})[::-1]")),
    "glob.glob": ("the order of a folder", ("sorted({0})", "sorted({0})[::-1]")),
}
_TIMES = ("st_mtime", "st_ctime", "st_atime")
_TIMES_NS = tuple(f"{name}_ns" for name in _TIMES)
_PATHS = re.compile(r"/(proc|sys)(/|$)|/etc/(hostname|hosts|machine-id|passwd)")
_DYNAMIC = {"exec", "eval", "compile", "__import__"}


@dataclass(frozen=True)
class Read:
    """One place at which the surroundings are read."""

    line: int
    """Its line."""
    what: str
    """What is read."""
    text: str
    """How it is written."""
    edits: tuple[ScriptEdit, ...]
    """Changes that give it other values."""


@lru_cache(maxsize=256)
def reads(script: bytes) -> tuple[Read, ...] | None:
    """Every place at which a script reads its surroundings, in the order of the text; None for no Python."""
    source = parse(script)
    if source is None:
        return None
    names = imported(source.tree)
    found = []
    for place in source.places():
        for what, new in _other_values(place.node, place.parent, source, names):
            start, end = source.span(place.node)
            text = source.between(start, end)
            edits = (
                ScriptEdit(
                    operator="surroundings", line=source.line(start), start=start, before=text, after=item
                )
                for item in new
            )
            kept = tuple(edit for edit in edits if compiles(apply_edit(script, edit)))
            found.append((start, Read(source.line(start), what, text[:80], kept)))
    return tuple(read for _start, read in sorted(found, key=lambda item: item[0]))


def dynamic(script: bytes) -> tuple[int, ...]:
    """Lines at which a script runs code or finds names that do not stand in its text."""
    source = parse(script)
    if source is None:
        return ()
    lines = set()
    for place in source.places():
        node = place.node
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        hidden = (
            node.func.id == "getattr" and len(node.args) > 1 and not isinstance(node.args[1], ast.Constant)
        )
        if node.func.id in _DYNAMIC or hidden:
            lines.add(node.lineno)
    return tuple(sorted(lines))


def _other_values(
    node: ast.AST, parent: ast.AST | None, source: Source, names: dict[str, str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(node, ast.Call):
        name = dotted(node.func, names)
        if name in _CALLS and not (name in ("time.localtime", "time.gmtime", "time.ctime") and node.args):
            what, new = _CALLS[name]
            yield what, tuple(item.format(source.text(node)) for item in new)
        elif name == "time.strftime" and len(node.args) == 1:
            format_ = source.text(node.args[0])
            yield (
                "the clock",
                (f"__import__('time').strftime({format_}, __import__('time').gmtime(1234567890))",),
            )
        elif name in ("os.getenv", "os.environ.get") and node.args and not _expected(node.args[0]):
            default = source.text(node.args[1]) if len(node.args) > 1 else "None"
            yield "the environment", (f"({default})", _OTHER_TEXT)
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        if dotted(node.value, names) == "os.environ" and not _expected(node.slice):
            yield "the environment", (_OTHER_TEXT,)
    elif isinstance(node, ast.Attribute | ast.Name) and dotted(node, names) == "os.environ":
        if not isinstance(parent, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Load):
            kept = f"k.startswith({_EXPECTED_VARIABLE!r})"
            yield "the environment", (f"{{k: v for k, v in {source.text(node)}.items() if {kept}}}",)
    elif isinstance(node, ast.Attribute) and node.attr in _TIMES:
        yield "file times", (f"({source.text(node)} - 788959049.5)",)
    elif isinstance(node, ast.Attribute) and node.attr in _TIMES_NS:
        yield "file times", (f"({source.text(node)} - 788959049500000000)",)
    elif isinstance(node, ast.Constant) and not isinstance(parent, ast.Expr) and _is_path(node.value):
        yield str(node.value)[:40], ("'/dev/null'",)


def _is_path(value: object) -> bool:
    return isinstance(value, str) and _PATHS.match(value) is not None


def _expected(key: ast.expr) -> bool:
    return isinstance(key, ast.Constant) and key.value == _EXPECTED_VARIABLE


def imported(tree: ast.Module) -> dict[str, str]:
    """What the names of a script stand for, by its imports: ``{"dt": "datetime.datetime"}``."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def dotted(node: ast.AST, names: dict[str, str]) -> str:
    """Full name of what a name or attribute stands for; empty where that is no imported thing."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in names:
        return ""
    return ".".join((names[node.id], *reversed(parts)))
