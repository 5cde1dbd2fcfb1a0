"""Which of the calls that the harness hears of are denied, and which attempts are held against a script.

The isolation itself denies what must not be: namespaces, mounts, Landlock and the filter. This module decides
what the harness answers where the answer is its own, and which attempts at something out of reach are
recorded. An attempt is a violation unless well-known libraries make it without meaning any harm; those are
listed here as quiet, with the library.
"""

from __future__ import annotations

import errno
import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from harness.records.run import DeniedAttempt
from harness.sandbox.caller import Address, Caller
from harness.sandbox.listener import SystemCall
from harness.sandbox.mounts import current_folder
from harness.sandbox.redirect import CHANGING, Place
from harness.sandbox.seccomp import ATTRIBUTES, PATHS, SCHEDULING, Arguments, Filter, denied_names, looked_at

LONGEST_TARGET = 300
"""Characters kept of what an attempt was aimed at."""

QUIET_CALLS = {
    "mbind": "OpenBLAS and TBB place memory near a processor",
    "migrate_pages": "as mbind",
    "move_pages": "as mbind",
    "set_mempolicy": "as mbind",
    "set_mempolicy_home_node": "as mbind",
    "memfd_create": "libffi looks for executable memory",
    "prctl": "key agents hide themselves from other processes",
}
"""Denied calls that are no violation: call to who makes it."""

SECRETS = re.compile(
    r"/etc/(g?shadow-?|sudoers(\.d)?|ssh|ssl/private|krb5\.keytab|security/opasswd)(/.*)?"
    r"|/dev/(k?mem|port|(sd|hd|vd|xvd|nvme|dm-|loop)[^/]*|kmsg)|/proc/(kcore|kmsg|sysrq-trigger)"
    r"|/(var/)?run/(docker\.sock|(docker|containerd|podman)(/.*)?)"
    r"|.*/(\.ssh|\.aws|\.gnupg|\.kube|\.docker|\.azure|gcloud)(/.*)?"
    r"|.*/(\.netrc|\.pgpass|\.git-credentials|\.pypirc|\.bash_history|id_(rsa|dsa|ecdsa|ed25519))"
)
"""Paths that nobody opens by accident."""

OF_A_PROCESS = re.compile(
    r"/proc/(\d+)(?:/task/\d+)?/(environ|mem|maps|smaps|smaps_rollup|pagemap|auxv|root|cwd|fd|fdinfo|map_files|"
    r"stack|syscall)(/.*)?"
)
"""What /proc shows of one process and no honest script reads of another."""

WRITABLE_DEVICES = re.compile(
    r"/dev/(null|zero|full|tty|u?random|ptmx|pts(/.*)?|fd(/.*)?|std(in|out|err)|[pt]ty[a-z][0-9a-f])"
)
OWN_PROC = re.compile(r"/proc/(self|thread-self|\d+)(/.*)?")

NAME_SERVICE = re.compile(
    r"/(var/)?run/(nscd/socket|systemd/(userdb|resolve|journal)(/.*)?|dbus/system_bus_socket)"
)
"""Sockets that the C library asks for names before it reads its files."""

CLOCK_STATE = re.compile(r"/(var/lib|run|var/run)/(libuuid|uuidd)(/.*)?")
"""libuuid keeps a counter for identifiers that are made from the time."""

FONT_CACHE = re.compile(r"(/var/cache/fontconfig)(/.*)?")
"""fontconfig, which matplotlib asks for fonts, tries to keep what it found for all users of the machine."""

BYTECODE = re.compile(r"(.*/__pycache__)(/.*)?")
"""numba tries whether it may keep its compiled code beside the source."""

MOST_MESSAGES, MMSGHDR_BYTES = 1024, 64
FAR = 300
"""Process numbers that a run may have used up since its caller began, with a few to spare."""
AT_REMOVEDIR, AT_SYMLINK_NOFOLLOW = 0x200, 0x100
MAKING = os.O_CREAT | os.O_EXCL
NOFOLLOW_FLAGS = {"fchownat": 4, "utimensat": 3}
"""Calls that say with a flag, at this position, that a link itself is meant."""
INTERNET = (socket.AF_INET, socket.AF_INET6)


class Answer(Enum):
    """What happens to a waiting call."""

    PROCEED = "proceed"
    """The kernel carries it out, under its own rules."""
    REFUSE = "refuse"
    """It fails."""
    PRETEND = "pretend"
    """It succeeds and does nothing."""
    DECOY = "decoy"
    """It returns a descriptor that leads nowhere."""
    CONNECT = "connect"
    """The harness connects the socket itself, to the path that it has checked."""
    OPEN = "open"
    """The harness opens the file below the run's folder itself and hands it over."""
    CHANGE = "change"
    """The harness changes names below the run's folder itself."""


class Owner(Enum):
    """Whose a process is."""

    RUN = "run"
    MACHINE = "machine"
    NOBODY = "nobody"
    """There is no such process, or none any more."""


@dataclass(frozen=True)
class Ruling:
    """Answer to one call, and the attempt to record, if it was one."""

    answer: Answer
    error: int = errno.EPERM
    """Error number of a refused call."""
    attempt: DeniedAttempt | None = None
    """What to record; None when there was nothing to deny."""
    path: str = ""
    """Path to connect to."""
    name: str = ""
    """Name of the call."""
    places: tuple[Place, ...] = ()
    """Files below the run's folder that the harness works on."""
    flags: int = 0
    """Flags of an opening."""
    mode: int = 0
    """Permissions of a file that an opening makes; length of a file that is cut."""
    text: str = ""
    """Target of a link that is made."""


@dataclass(frozen=True)
class View:
    """What one run may reach, and where the machine keeps what is not the script's."""

    readable: tuple[str, ...]
    """Folders and files that are there for the script, as the script names them."""
    writable: tuple[str, ...]
    """Folders it may write to."""
    private: tuple[str, ...]
    """Folders of this machine that hold homes, checkouts, claims and temporary files of others."""
    namespaces: bool
    """Whether the script has namespaces of its own."""
    moved: tuple[tuple[str, str], ...] = ()
    """Places that the script may name and that are not there, each with the folder that stands for it."""
    moved_files: tuple[tuple[str, str], ...] = ()
    """Likewise for single files: path, and the folder that holds a file of that name for the script."""
    decoy: str = ""
    """What the kernel calls the descriptor that is given for a socket to the internet."""
    root: int = 0
    """Process that every process of the run descends from, as the harness sees it."""
    on_host: Callable[[str], bool] = field(default=os.path.lexists)
    """Whether the machine has something at a path."""


def private_places() -> tuple[str, ...]:
    """Home folders, the current folder and the temporary folder of this machine."""
    import tempfile

    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home fails where nobody knows the user
    places = {"/root", "/home", home, str(current_folder()), tempfile.gettempdir()}
    return tuple(sorted(place for place in places if place.startswith("/") and place != "/"))


class Policy:
    """Rules over the calls of one run. Pure: what it must know of the world it asks ``Caller`` and ``View``."""

    def __init__(self, view: View, wanted: Filter) -> None:
        self._view = view
        self._denied = denied_names()
        self._looked_at: Mapping[int, str] = looked_at(wanted)

    def rule(self, call: SystemCall, caller: Caller) -> Ruling:
        """What to answer, and what to record."""
        name = self._looked_at.get(call.number)
        if name is None:
            return self._rule_denied(self._denied.get(call.number, f"call {call.number}"), call)
        if name in ("open", "openat", "openat2", "creat"):
            return self._rule_open(name, call, caller)
        if name in PATHS:
            return self._rule_change(name, PATHS[name][2], call, caller)
        if name in ATTRIBUTES:
            return self._rule_attributes(name, call, caller)
        if name == "setsockopt":
            decoy = caller.descriptor_target(call.arguments[0] & 0xFFFFFFFF) == self._view.decoy
            return Ruling(Answer.PRETEND if decoy else Answer.PROCEED)
        if name in ("connect", "bind", "sendto", "sendmsg", "sendmmsg"):
            return self._rule_address(name, call, caller)
        if name.startswith("set") and name != "setpriority":
            return self._rule_identity(name, call)
        return self._rule_process(name, call, caller)

    # -- calls that are always denied

    def _rule_denied(self, name: str, call: SystemCall) -> Ruling:
        family = call.arguments[0] & 0xFFFFFFFF
        kind = call.arguments[1] & 0xF
        if name == "socket" and family in INTERNET and kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            # urllib3 makes a socket at import to learn about IPv6; only using one is an attempt to leave.
            return Ruling(Answer.DECOY)
        target = ""
        if name in ("socket", "socketpair"):
            target = _family_name(family)
            if family == socket.AF_UNIX:
                return Ruling(Answer.REFUSE, attempt=_attempt(name, "AF_UNIX datagram", violation=False))
        return Ruling(Answer.REFUSE, attempt=_attempt(name, target, violation=name not in QUIET_CALLS))

    # -- files

    def _rule_open(self, name: str, call: SystemCall, caller: Caller) -> Ruling:
        place: Arguments = (None, 0) if name in ("open", "creat") else (0, 1)
        path = self._path(place, call, caller)
        if path is None:
            return Ruling(Answer.PROCEED)
        flags = {"open": call.arguments[1], "openat": call.arguments[2], "creat": os.O_WRONLY}.get(name, -1)
        if flags == -1:
            flags = caller.word(call.arguments[2])
        moved = self._moved(path)
        if moved is not None:
            itself = flags & os.O_NOFOLLOW or flags & MAKING == MAKING
            moved = moved if itself else self._link_followed(moved, caller)
            return self._open_moved(name, path, moved, flags, call)
        if flags & CHANGING:
            itself = bool(flags & os.O_NOFOLLOW) or flags & MAKING == MAKING
            return Ruling(Answer.PROCEED, attempt=self._change(name, path, caller, itself=itself))
        return Ruling(Answer.PROCEED, attempt=self._reading(name, path, caller))

    def _moved(self, path: str) -> Place | None:
        """Where the file at a place that is not there really lies."""
        for place, folder in self._view.moved:
            if path == place or path.startswith(f"{place}/"):
                return Place(folder, path[len(place) + 1 :])
        for file, folder in self._view.moved_files:
            if path == file:
                return Place(folder, file.rpartition("/")[2])
        return None

    def _link_followed(self, place: Place, caller: Caller) -> Place:
        """The file that a link leads to, if that lies in the run's folder too."""
        path = caller.followed(f"{place.folder}/{place.name}")
        again = self._moved(path)
        if again is not None:
            return again
        for _, folder in self._view.moved:
            if path.startswith(f"{folder}/"):
                return Place(folder, path[len(folder) + 1 :])
        return place

    def _moved_is_writable(self, place: Place) -> bool:
        return _beneath(f"{place.folder}/{place.name}", self._view.writable)

    def _open_moved(self, name: str, path: str, place: Place, flags: int, call: SystemCall) -> Ruling:
        if flags & CHANGING and not self._moved_is_writable(place):
            return Ruling(Answer.REFUSE, errno.EROFS, _attempt(name, path))
        mode = call.arguments[{"open": 2, "creat": 1}.get(name, 3)] if name != "openat2" else 0o600
        if name == "creat":
            flags |= os.O_CREAT | os.O_TRUNC
        return Ruling(Answer.OPEN, name=name, places=(place,), flags=flags, mode=mode & 0o777)

    def _rule_change(
        self, name: str, places: tuple[Arguments, ...], call: SystemCall, caller: Caller
    ) -> Ruling:
        paths = [path for place in places if (path := self._path(place, call, caller)) is not None]
        if any(self._moved(path) is not None for path in paths):
            return self._change_moved(name, paths, call, caller)
        for path in paths:
            attempt = self._change(name, path, caller, itself=name != "truncate")
            if attempt is not None:
                return Ruling(Answer.PROCEED, attempt=attempt)
        return Ruling(Answer.PROCEED)

    def _change_moved(self, name: str, paths: list[str], call: SystemCall, caller: Caller) -> Ruling:
        found = [self._moved(path) or self._own(path) for path in paths]
        places = tuple(place for place in found if place is not None)
        if any(place.name == "" for place in places):
            return Ruling(Answer.REFUSE, errno.EEXIST if name.startswith("mkdir") else errno.EBUSY)
        if len(places) != len(paths) or not all(map(self._moved_is_writable, places)):
            return Ruling(Answer.REFUSE, errno.EROFS, _attempt(name, paths[-1]))
        if name == "unlinkat" and call.arguments[2] & AT_REMOVEDIR:
            name = "rmdir"
        text = caller.text(call.arguments[0]) if name.startswith("symlink") else ""
        length = call.arguments[1] if name == "truncate" else 0
        return Ruling(Answer.CHANGE, name=name, places=places, mode=length, text=text)

    def _own(self, path: str) -> Place | None:
        """A file that is named by where it really lies."""
        for folder in self._view.writable:
            if path.startswith(f"{folder}/"):
                return Place(folder, path[len(folder) + 1 :])
        return None

    def _rule_attributes(self, name: str, call: SystemCall, caller: Caller) -> Ruling:
        # Nothing forbids these without namespaces, so there they are never carried out.
        harmless = Answer.PROCEED if self._view.namespaces else Answer.PRETEND
        flag = NOFOLLOW_FLAGS.get(name)
        itself = name.startswith("l") or (
            flag is not None and bool(call.arguments[flag] & AT_SYMLINK_NOFOLLOW)
        )
        for place in ATTRIBUTES[name][2]:
            path = self._path(place, call, caller)
            if path is None:
                continue
            moved = self._moved(path)
            if moved is not None and self._moved_is_writable(moved):
                continue
            attempt = self._change(name, path, caller, itself=itself)
            if attempt is not None:
                refused = Answer.PROCEED if self._view.namespaces else Answer.REFUSE
                return Ruling(refused, attempt=attempt)
        return Ruling(harmless)

    def _path(self, place: Arguments, call: SystemCall, caller: Caller) -> str | None:
        folder, path = place
        return caller.path(None if folder is None else call.arguments[folder], call.arguments[path])

    def _reading(self, name: str, path: str, caller: Caller) -> DeniedAttempt | None:
        if _beneath(path, self._view.writable):
            path = caller.followed(path)
            if _beneath(path, self._view.writable):
                return _attempt(name, path) if self._is_hidden(path, caller) else None
        process = OF_A_PROCESS.fullmatch(path)
        if process is not None:
            machines = self._owner_of(int(process[1]), caller) is Owner.MACHINE
            return _attempt(name, path) if machines else None
        if SECRETS.fullmatch(path) and not _beneath(path, self._view.readable):
            return _attempt(name, path)
        if not self._is_private(path) or _beneath(path, self._view.readable):
            return None
        return _attempt(name, path) if self._view.on_host(path) else None

    def _change(self, name: str, path: str, caller: Caller, *, itself: bool) -> DeniedAttempt | None:
        if path.startswith(("/proc/self/fd/", "/dev/fd/")):
            return None
        if _beneath(path, self._view.writable):
            path = caller.parent_followed(path) if itself else caller.followed(path)
        if _beneath(path, self._view.writable):
            # The run's own /tmp covers the machine's: a folder that only the machine has there is out of reach.
            above = path.rpartition("/")[0]
            return _attempt(name, path) if self._is_hidden(above, caller) else None
        if WRITABLE_DEVICES.fullmatch(path):
            return None
        if CLOCK_STATE.fullmatch(path) or (OWN_PROC.fullmatch(path) and not OF_A_PROCESS.fullmatch(path)):
            return _attempt(name, path, violation=False)
        if kept := FONT_CACHE.fullmatch(path):
            return _attempt(name, kept[1], violation=False)
        kept = BYTECODE.fullmatch(path)
        if kept is not None and _beneath(path, self._view.readable):
            return _attempt(name, kept[1], violation=False)
        return _attempt(name, path)

    def _is_hidden(self, path: str, caller: Caller) -> bool:
        """Whether the machine has something at a place where the run has nothing. A caller that is gone has nothing at
        all, which says nothing about the place."""
        missing = self._is_private(path) and self._view.on_host(path) and not caller.exists(path)
        return missing and caller.exists("/")

    def _is_private(self, path: str) -> bool:
        return _beneath(path, self._view.private)

    # -- addresses

    def _rule_address(self, name: str, call: SystemCall, caller: Caller) -> Ruling:
        named = list(self._addresses(name, call, caller))
        rulings = [self._rule_named(name, address, caller) for address in named]
        # Whatever is wrong with one of several messages is wrong with the call.
        return next((r for r in rulings if r.answer is not Answer.PROCEED or r.attempt), rulings[0])

    def _rule_named(self, name: str, address: Address | None, caller: Caller) -> Ruling:
        if address is None:
            # Nothing can be reached without a name; where it cannot be read, the kernel still refuses.
            return Ruling(Answer.PROCEED if name != "connect" or self._view.namespaces else Answer.REFUSE)
        if address.family == socket.AF_UNIX:
            return self._rule_unix(name, address, caller)
        if address.family == socket.AF_UNSPEC:
            return Ruling(Answer.REFUSE, errno.EINVAL)
        quiet = name == "bind" and address.port == 0
        refusal = errno.EADDRNOTAVAIL if name == "bind" else errno.ENETUNREACH
        return Ruling(Answer.REFUSE, refusal, _attempt(name, address.text, violation=not quiet))

    def _addresses(self, name: str, call: SystemCall, caller: Caller) -> Iterator[Address | None]:
        """Every address that a call names."""
        if name == "sendto":
            yield caller.address(call.arguments[4], call.arguments[5] & 0xFFFFFFFF)
        elif name in ("sendmsg", "sendmmsg"):
            # struct msghdr begins with the name's address and length; struct mmsghdr is a msghdr and a length.
            count = call.arguments[2] & 0xFFFFFFFF if name == "sendmmsg" else 1
            messages = max(1, min(count, MOST_MESSAGES))
            for header in range(
                call.arguments[1], call.arguments[1] + messages * MMSGHDR_BYTES, MMSGHDR_BYTES
            ):
                yield caller.address(caller.word(header), caller.word(header + 8) & 0xFFFFFFFF)
        else:
            yield caller.address(call.arguments[1], call.arguments[2] & 0xFFFFFFFF)

    def _rule_unix(self, name: str, address: Address, caller: Caller) -> Ruling:
        namespaces = self._view.namespaces
        if name == "bind" and address.text.startswith("@") and not namespaces:
            return Ruling(Answer.REFUSE, attempt=_attempt(name, address.text, violation=False))
        if name == "bind" and address.text and not address.text.startswith("@"):
            place = caller.relative(address.text)
            attempt = self._change(name, place, caller, itself=True) if place else None
            return Ruling(Answer.PROCEED, attempt=attempt)
        if name == "bind" or not address.text:
            return Ruling(Answer.PROCEED)
        if address.text.startswith("@"):
            if namespaces and caller.abstract_name_is_bound(address.text):
                return Ruling(Answer.PROCEED)
            return Ruling(Answer.REFUSE, errno.ECONNREFUSED, _attempt(name, address.text))
        path = caller.relative(address.text)
        if path is None:
            return Ruling(Answer.REFUSE)
        if NAME_SERVICE.fullmatch(path):
            return Ruling(Answer.REFUSE, errno.ENOENT, _attempt(name, path, violation=False))
        path = caller.followed(path)
        if _beneath(path, self._view.writable) and not self._is_hidden(path, caller):
            return Ruling(Answer.PROCEED) if namespaces else Ruling(Answer.CONNECT, path=path)
        reachable = self._view.on_host(path) or SECRETS.fullmatch(path) is not None
        attempt = _attempt(name, path, violation=reachable)
        return Ruling(Answer.REFUSE, errno.ENOENT, attempt)

    # -- users and processes

    def _rule_identity(self, name: str, call: SystemCall) -> Ruling:
        count = {"setuid": 1, "setgid": 1, "setreuid": 2, "setregid": 2}.get(name, 3)
        if 0 in (number & 0xFFFFFFFF for number in call.arguments[:count]):
            return Ruling(Answer.REFUSE, attempt=_attempt(name, "0"))
        return Ruling(Answer.PROCEED)

    def _rule_process(self, name: str, call: SystemCall, caller: Caller) -> Ruling:
        number = _signed(call.arguments[1 if name in ("setpriority", "ioprio_set") else 0])
        if name in ("setpriority", "ioprio_set"):
            only_one = (call.arguments[0] & 0xFFFFFFFF) == (0 if name == "setpriority" else 1)
            if not only_one and not self._view.namespaces:
                return Ruling(Answer.REFUSE, attempt=_attempt(name, "a group or user"))
        if number == 0 or (number < 0 and self._view.namespaces):
            return Ruling(Answer.PROCEED)
        owner = self._owner_of(abs(number), caller) if number != -1 else Owner.MACHINE
        if owner is Owner.RUN:
            return Ruling(Answer.PROCEED)
        if owner is Owner.NOBODY:
            # A process that has just ended; the number may already mean another one to the kernel.
            return Ruling(Answer.REFUSE, errno.ESRCH)
        # Signal 0 only asks whether a process lives; scripts ask that of their parent.
        asks = name in ("kill", "tkill") and call.arguments[1] & 0xFFFFFFFF == 0 and self._is_first(number)
        violation = (name not in SCHEDULING or name == "tgkill") and not asks
        return Ruling(Answer.REFUSE, errno.EPERM, _attempt(name, f"process {number}", violation=violation))

    def _is_first(self, number: int) -> bool:
        """Whether a process is the one that holds the run together, which the script sees as its parent."""
        return number == (1 if self._view.namespaces else self._view.root)

    def _owner_of(self, number: int, caller: Caller) -> Owner:
        """Whose process it is that the caller calls ``number``."""
        if not self._view.namespaces:
            if number != self._view.root and caller.is_below(number, self._view.root):
                return Owner.RUN
            return Owner.MACHINE if self._view.on_host(f"/proc/{number}") else Owner.NOBODY
        if number == 1:
            return Owner.MACHINE  # bwrap itself, the only one in the namespace that is not the script's
        if caller.exists(f"/proc/{number}"):
            return Owner.RUN
        # Numbers in a namespace begin at 1 and grow, so one far above the caller's own comes from outside.
        far = number > caller.own_number() + FAR
        return Owner.MACHINE if far and self._view.on_host(f"/proc/{number}") else Owner.NOBODY


def _beneath(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _signed(value: int) -> int:
    low = value & 0xFFFFFFFF
    return low - (1 << 32) if low >> 31 else low


def _family_name(number: int) -> str:
    try:
        return socket.AddressFamily(number).name
    except ValueError:
        return f"address family {number}"


def _attempt(call: str, target: str, *, violation: bool = True) -> DeniedAttempt:
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in target)
    return DeniedAttempt(call=call, target=shown[:LONGEST_TARGET], violation=violation)
