"""The system call filter of a sandboxed script, assembled as a classic BPF program.

A deny list, because scientific code uses a long tail of harmless calls; what is denied is what reaches
past a namespace, hides memory from the watchdog, or has a record of kernel bugs. Rules, in order:

1. A foreign architecture or the x32 ABI ends the process (SIGSYS), since its numbers mean other calls.
2. Calls newer than the table answer ENOSYS, so a new kernel opens no new door. ``clone3`` answers
   ENOSYS too: its flags lie in memory where a filter cannot look, and the C library then uses ``clone``.
3. Listed calls, ``clone`` with namespace flags, sockets other than AF_UNIX, terminal injection, an unusual
   personality and hiding from /proc are denied. AF_UNIX stays, because multiprocessing needs it.
4. Calls that name files, addresses, processes or users are let through after the harness has seen them,
   so that an attempt at something out of reach is known (``harness.sandbox.policy``).

With a listener (``seccomp_unotify(2)``), 3 and 4 wait for the harness's answer. Without one, 3 answers EPERM
in the kernel and 4 is not looked at.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Name: (number on x86_64, number on aarch64); None where the architecture lacks the call.
DENIED: dict[str, tuple[int | None, int | None]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "mbind": (237, 235),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "migrate_pages": (256, 238),
    "modify_ldt": (154, None),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "nfsservctl": (180, 42),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "semget": (64, 190),
    "set_mempolicy": (238, 237),
    "set_mempolicy_home_node": (450, 450),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmget": (29, 194),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "sysfs": (139, None),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "uselib": (134, None),
    "userfaultfd": (323, 282),
    "ustat": (136, None),
    "vhangup": (153, 58),
}
"""Calls that are denied whatever their arguments."""

Arguments = tuple[int | None, int]
"""Positions of a folder descriptor (None: the current folder) and of a path among a call's arguments."""

PATHS: dict[str, tuple[int | None, int | None, tuple[Arguments, ...]]] = {
    "open": (2, None, ((None, 0),)),
    "openat": (257, 56, ((0, 1),)),
    "openat2": (437, 437, ((0, 1),)),
    "creat": (85, None, ((None, 0),)),
    "mkdir": (83, None, ((None, 0),)),
    "mkdirat": (258, 34, ((0, 1),)),
    "mknod": (133, None, ((None, 0),)),
    "mknodat": (259, 33, ((0, 1),)),
    "rmdir": (84, None, ((None, 0),)),
    "unlink": (87, None, ((None, 0),)),
    "unlinkat": (263, 35, ((0, 1),)),
    "rename": (82, None, ((None, 0), (None, 1))),
    "renameat": (264, 38, ((0, 1), (2, 3))),
    "renameat2": (316, 276, ((0, 1), (2, 3))),
    "link": (86, None, ((None, 0), (None, 1))),
    "linkat": (265, 37, ((0, 1), (2, 3))),
    "symlink": (88, None, ((None, 1),)),
    "symlinkat": (266, 36, ((1, 2),)),
    "truncate": (76, 45, ((None, 0),)),
}
"""Calls that name a file and change it, apart from the four that open one: numbers on x86_64 and aarch64, places."""

ATTRIBUTES: dict[str, tuple[int | None, int | None, tuple[Arguments, ...]]] = {
    "chmod": (90, None, ((None, 0),)),
    "fchmod": (91, 52, ()),
    "fchmodat": (268, 53, ((0, 1),)),
    "chown": (92, None, ((None, 0),)),
    "fchown": (93, 55, ()),
    "lchown": (94, None, ((None, 0),)),
    "fchownat": (260, 54, ((0, 1),)),
    "utime": (132, None, ((None, 0),)),
    "utimes": (235, None, ((None, 0),)),
    "futimesat": (261, None, ((0, 1),)),
    "utimensat": (280, 88, ((0, 1),)),
    "setxattr": (188, 5, ((None, 0),)),
    "lsetxattr": (189, 6, ((None, 0),)),
    "fsetxattr": (190, 7, ()),
    "removexattr": (197, 14, ((None, 0),)),
    "lremovexattr": (198, 15, ((None, 0),)),
    "fremovexattr": (199, 16, ()),
}
"""Calls that change the attributes of a file that is named or open. Landlock does not cover them."""

OTHERS: dict[str, tuple[int | None, int | None]] = {
    "bind": (49, 200),
    "connect": (42, 203),
    "kill": (62, 129),
    "pidfd_open": (434, 434),
    "prlimit64": (302, 261),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "sendmmsg": (307, 269),
    "sendmsg": (46, 211),
    "sendto": (44, 206),
    "setgid": (106, 144),
    "setpriority": (141, 140),
    "setregid": (114, 143),
    "setresgid": (119, 149),
    "setresuid": (117, 147),
    "setreuid": (113, 145),
    "setsockopt": (54, 208),
    "setuid": (105, 146),
    "tkill": (200, 130),
}
"""Calls that aim at an address, a process or a user."""

SCHEDULING: dict[str, tuple[int | None, int | None]] = {
    "ioprio_set": (251, 30),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "tgkill": (234, 131),
}
"""Calls that aim at a process too, and are common; they are looked at only where no process namespace helps."""

CLONE = (56, 220)
CLONE3 = (435, 435)
FCNTL = (72, 25)
IOCTL = (16, 29)
PERSONALITY = (135, 92)
PIDFD_SEND_SIGNAL = (424, 424)
PRCTL = (157, 167)
SOCKET = (41, 198)
SOCKETPAIR = (53, 199)

LAST_KNOWN = 451
"""Highest call number in the table (``cachestat``, Linux 6.5); above it lie calls nobody here reviewed."""

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT = 0x40000000
NAMESPACE_FLAGS = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
AF_UNIX = 1
SOCK_DGRAM, SOCK_RAW, SOCKET_TYPE = 2, 3, 0xF
PR_SET_DUMPABLE = 4
TERMINAL_INJECTION = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
OTHERS_FILES = (0x40086602, 0x40087602, 0x401C5820)  # FS_IOC_SETFLAGS, FS_IOC_SETVERSION, FS_IOC_FSSETXATTR
SIGNAL_OWNERS = (
    0x8901,
    0x8902,
)  # FIOSETOWN, SIOCSPGRP: have the kernel send a signal to any process of the user
SET_OWNER = (8, 15)  # F_SETOWN, F_SETOWN_EX: likewise
PERSONALITIES = (0, 0xFFFFFFFF)  # the normal one, and the question which one it is

LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
JUMP_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
JUMP_GREATER = 0x25
JUMP_AT_LEAST = 0x35
JUMP_SET = 0x45
AND = 0x54  # BPF_ALU | BPF_AND | BPF_K
RETURN = 0x06

KILL = 0x80000000  # SECCOMP_RET_KILL_PROCESS
ALLOW = 0x7FFF0000
DENY = 0x00050000 | errno.EPERM
ASK = 0x7FC00000  # SECCOMP_RET_USER_NOTIF
ABSENT = 0x00050000 | errno.ENOSYS

NUMBER_OFFSET, ARCH_OFFSET = 0, 4
ARGUMENT_OFFSETS = (16, 24)
"""Low halves of the first two arguments, as every supported machine is little-endian. The flags that are
looked at all fit there, and the kernel itself ignores the high half of them."""


def supported(machine: str | None = None) -> bool:
    """Whether there is a table for ``machine`` (default: this one)."""
    return (machine or platform.machine()) in AUDIT_ARCH


@dataclass(frozen=True)
class Filter:
    """What a filter does beside what it always does."""

    listener: bool
    """Whether the harness hears of denied and of looked-at calls and answers them."""
    namespaces: bool
    """Whether the script has namespaces of its own. Without them the harness must also hear of changes
    to attributes and of scheduling, and datagram sockets are denied, since they can name a receiver."""


def program(wanted: Filter, machine: str | None = None) -> bytes:
    """The filter for ``machine`` (default: this one) as an array of ``struct sock_filter``.

    Raises ``KeyError`` for an architecture without a table; ask :func:`supported` first.
    """
    machine = machine or platform.machine()
    column = 0 if machine == "x86_64" else 1
    denied = ASK if wanted.listener else DENY
    code = [
        _step(LOAD, ARCH_OFFSET),
        _step(JUMP_EQUAL, AUDIT_ARCH[machine], 1, 0),
        _step(RETURN, KILL),
        _step(LOAD, NUMBER_OFFSET),
    ]
    if machine == "x86_64":
        code += [_step(JUMP_AT_LEAST, X32_BIT, 0, 1), _step(RETURN, KILL)]
    code += [_step(JUMP_GREATER, LAST_KNOWN, 0, 1), _step(RETURN, ABSENT)]
    code += _when(CLONE3[column], [_step(RETURN, ABSENT)])
    for numbers in DENIED.values():
        number = numbers[column]
        if number is not None:
            code += _when(number, [_step(RETURN, denied)])
    if wanted.listener:
        # The starting program hands the listener over by descriptor 0 when the filter already is on.
        code += _when(OTHERS["sendmsg"][column] or 0, _unless_argument_in(0, (0,), ASK))
        for number in looked_at(wanted, machine):
            code += _when(number, [_step(RETURN, ASK)])
    for call in (SOCKET, SOCKETPAIR):
        code += _when(call[column], _only_unix_sockets(denied, datagrams=wanted.namespaces))
    code += _when(PERSONALITY[column], _unless_argument_in(0, PERSONALITIES, denied))
    code += _when(PRCTL[column], _if_argument_in(0, (PR_SET_DUMPABLE,), denied))
    ioctls = TERMINAL_INJECTION if wanted.namespaces else TERMINAL_INJECTION + OTHERS_FILES + SIGNAL_OWNERS
    code += _when(IOCTL[column], _if_argument_in(1, ioctls, denied))
    if not wanted.namespaces:
        # The number of the process behind such a descriptor cannot be told from the call.
        code += _when(PIDFD_SEND_SIGNAL[column], [_step(RETURN, denied)])
        code += _when(FCNTL[column], _if_argument_in(1, SET_OWNER, denied))
    code += _when(
        CLONE[column],
        [
            _step(LOAD, ARGUMENT_OFFSETS[0]),
            _step(JUMP_SET, NAMESPACE_FLAGS, 0, 1),
            _step(RETURN, denied),
            _step(RETURN, ALLOW),
        ],
    )
    code.append(_step(RETURN, ALLOW))
    return b"".join(code)


def looked_at(wanted: Filter, machine: str | None = None) -> dict[int, str]:
    """Number to name of the calls that go on after the harness has seen them."""
    column = 0 if (machine or platform.machine()) == "x86_64" else 1
    tables: list[Mapping[str, tuple[Any, ...]]] = [PATHS, ATTRIBUTES, OTHERS]
    if not wanted.namespaces:
        tables.append(SCHEDULING)
    named = {name: numbers[column] for table in tables for name, numbers in table.items()}
    return {number: name for name, number in named.items() if number is not None}


def denied_names(machine: str | None = None) -> dict[int, str]:
    """Number to name of the calls that are denied, always or for some arguments."""
    column = 0 if (machine or platform.machine()) == "x86_64" else 1
    conditional = {
        "clone": CLONE, "fcntl": FCNTL, "ioctl": IOCTL, "personality": PERSONALITY,
        "pidfd_send_signal": PIDFD_SEND_SIGNAL, "prctl": PRCTL, "socket": SOCKET, "socketpair": SOCKETPAIR,
    }  # fmt: skip
    named = {name: numbers[column] for name, numbers in {**DENIED, **conditional}.items()}
    return {number: name for name, number in named.items() if number is not None}


def _step(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One ``struct sock_filter``; the jumps count steps to skip."""
    return struct.pack("=HBBI", operation, if_true, if_false, value)


def _when(number: int, body: list[bytes]) -> list[bytes]:
    """``body`` for this call number. It must end by returning, since it may overwrite the loaded number."""
    return [_step(JUMP_EQUAL, number, 0, len(body)), *body]


def _unless_argument_in(argument: int, admitted: tuple[int, ...], denied: int) -> list[bytes]:
    code = [_step(LOAD, ARGUMENT_OFFSETS[argument])]
    for value in admitted:
        code += [_step(JUMP_EQUAL, value, 0, 1), _step(RETURN, ALLOW)]
    return [*code, _step(RETURN, denied)]


def _if_argument_in(argument: int, refused: tuple[int, ...], denied: int) -> list[bytes]:
    code = [_step(LOAD, ARGUMENT_OFFSETS[argument])]
    for value in refused:
        code += [_step(JUMP_EQUAL, value, 0, 1), _step(RETURN, denied)]
    return [*code, _step(RETURN, ALLOW)]


def _only_unix_sockets(denied: int, *, datagrams: bool) -> list[bytes]:
    """The family is the first argument, the type the low bits of the second."""
    code = [_step(LOAD, ARGUMENT_OFFSETS[0]), _step(JUMP_EQUAL, AF_UNIX, 1, 0), _step(RETURN, denied)]
    if not datagrams:
        # SOCK_RAW means SOCK_DGRAM for AF_UNIX.
        code += [_step(LOAD, ARGUMENT_OFFSETS[1]), _step(AND, SOCKET_TYPE)]
        for kind in (SOCK_DGRAM, SOCK_RAW):
            code += [_step(JUMP_EQUAL, kind, 0, 1), _step(RETURN, denied)]
    return [*code, _step(RETURN, ALLOW)]
