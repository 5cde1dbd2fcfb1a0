"""Which host paths a script can see: the system, the Python environment, nothing else.

Order matters, because a later mount covers an earlier one: first the system, then empty folders over
whatever must stay hidden inside it, then the Python environment, which may lie in such a hidden folder.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives")
"""Needed to find shared libraries; read-only and the same on every machine of a kind."""

ENVIRONMENT_PARTS = ("bin", "lib", "lib64", "include", "share", "pyvenv.cfg")
"""Parts of a Python prefix that a script needs. The prefix itself may be a home or project folder."""


def current_folder() -> Path:
    """The current folder of this process, or the root folder when it has been deleted."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path("/")


def read_only_mounts() -> list[str]:
    """Arguments for bwrap that show this system and this Python environment, all read-only."""
    arguments: list[str] = []
    for name in SYSTEM:
        path = Path(name)
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), name]
        elif path.is_dir():
            arguments += ["--ro-bind", name, name]
    arguments += ["--dir", "/etc"]
    for name in SYSTEM_FILES:
        if Path(name).exists():
            arguments += ["--ro-bind", name, name]
    hidden = hidden_folders()
    for path in hidden:
        arguments += ["--tmpfs", str(path)]
    bound = environment_paths()
    visible = [*bound, *(Path(name) for name in SYSTEM)]
    links = _links_outside(Path(sys.executable), visible)
    arguments += _folders_above([*bound, *(Path(link) for link, _ in links)], hidden)
    for path in bound:
        arguments += ["--ro-bind", str(path), str(path)]
    for link, target in links:
        arguments += ["--symlink", target, link]
    for path in hidden:
        arguments += ["--remount-ro", str(path)]
    return arguments


def _folders_above(paths: list[Path], hidden: list[Path]) -> list[str]:
    """Make the folders above ``paths``, since bwrap lets only root pass those that it makes unasked."""
    folders = {parent for path in paths for parent in path.parents if parent != Path("/")}
    wanted = {f for f in folders if not _is_system(f) or any(h in f.parents for h in hidden)}
    arguments: list[str] = []
    for folder in sorted(wanted):
        arguments += ["--dir", str(folder)]
    return arguments


def hidden_folders() -> list[Path]:
    """Folders below /usr that may hold a checkout, claims or artifacts, and get covered."""
    package = Path(__file__).resolve().parents[2]
    candidates = [Path("/usr/src"), current_folder().resolve()]
    if package.name not in ("site-packages", "dist-packages"):
        candidates.append(package)
    usr = Path("/usr")
    kept = {Path(p) for p in ("/usr/bin", "/usr/lib", "/usr/local", "/usr/local/lib", "/usr/local/bin")}
    return sorted({p for p in candidates if usr in p.parents and p.is_dir() and p not in kept})


def environment_paths() -> list[Path]:
    """Existing parts of this interpreter's environment outside the system folders, without repetition."""
    paths: list[Path] = []
    prefixes = dict.fromkeys((sys.base_prefix, sys.base_exec_prefix, sys.prefix, sys.exec_prefix))
    hidden = hidden_folders()
    for prefix in (Path(p) for p in prefixes):
        for path in (prefix / part for part in ENVIRONMENT_PARTS):
            covered = any(h in path.parents for h in hidden)
            if path.exists() and (covered or not _is_system(path)):
                paths.append(path)
    return list(dict.fromkeys(paths))


def library_path() -> str:
    """Folder of a shared Python library outside the system folders, or empty when there is none."""
    folder = sysconfig.get_config_var("LIBDIR") or ""
    name = sysconfig.get_config_var("INSTSONAME") or ""
    own = Path(sys.base_prefix) / "lib"
    if ".so" in name and (own / name).is_file() and not _is_system(own):
        return str(own)
    return "" if not folder or _is_system(Path(folder)) or ".so" not in name else str(folder)


def _is_system(path: Path) -> bool:
    return any(Path(name) == path or Path(name) in path.parents for name in SYSTEM)


def _links_outside(path: Path, visible: list[Path]) -> list[tuple[str, str]]:
    """Symbolic links on the way from ``path`` to its file that lie in no visible folder.

    An interpreter is often reached through several links, such as a version manager's shortcut.
    """
    links: list[tuple[str, str]] = []
    pending = list(path.parts[1:])
    here = Path("/")
    for _ in range(200):  # more steps than this is a loop, which the interpreter could not have started from
        if not pending:
            break
        here = here / pending.pop(0)
        if here.name == "..":
            here = here.parent.parent
        if not here.is_symlink():
            continue
        target = str(here.readlink())
        if not any(v == here or v in here.parents for v in visible):
            links.append((str(here), target))
        pending = [*Path(target).parts, *pending]
        here = here.parent
        if target.startswith("/"):
            pending, here = pending[1:], Path("/")
    return links
