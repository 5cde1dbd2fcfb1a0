"""The system call filter of a sandboxed script, assembled as a classic BPF program.

A deny list, because scientific code uses a long tail of harmless calls; what is denied is what reaches
past a namespace, hides memory from the watchdog, or has a record of kernel bugs. Rules, in order:

1. A foreign architecture or the x32 ABI ends the process (SIGSYS), since its numbers mean other calls.
2. Calls newer than the table answer ENOSYS, so a new kernel opens no new door. ``clone3`` answers
   ENOSYS too: its flags lie in memory where a filter cannot look, and the C library then uses ``clone``.
3. Listed calls answer EPERM.
4. ``clone`` with namespace flags, sockets other than AF_UNIX, terminal injection, an unusual
   personality and hiding from /proc answer EPERM. AF_UNIX stays, because multiprocessing needs it and
   the network namespace is empty.
"""

from __future__ import annotations

import errno
import platform
import struct

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
"""Calls that answer EPERM whatever their arguments."""

CLONE = (56, 220)
CLONE3 = (435, 435)
IOCTL = (16, 29)
PERSONALITY = (135, 92)
PRCTL = (157, 167)
SOCKET = (41, 198)
SOCKETPAIR = (53, 199)

LAST_KNOWN = 451
"""Highest call number in the table (``cachestat``, Linux 6.5); above it lie calls nobody here reviewed."""

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT = 0x40000000
NAMESPACE_FLAGS = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
AF_UNIX = 1
PR_SET_DUMPABLE = 4
TERMINAL_INJECTION = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
PERSONALITIES = (0, 0xFFFFFFFF)  # the normal one, and the question which one it is

LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
JUMP_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
JUMP_GREATER = 0x25
JUMP_AT_LEAST = 0x35
JUMP_SET = 0x45
RETURN = 0x06

KILL = 0x80000000  # SECCOMP_RET_KILL_PROCESS
ALLOW = 0x7FFF0000
DENY = 0x00050000 | errno.EPERM
ABSENT = 0x00050000 | errno.ENOSYS

NUMBER_OFFSET, ARCH_OFFSET = 0, 4
ARGUMENT_OFFSETS = (16, 24)
"""Low halves of the first two arguments, as every supported machine is little-endian. The flags that are
looked at all fit there, and the kernel itself ignores the high half of them."""


def supported(machine: str | None = None) -> bool:
    """Whether there is a table for ``machine`` (default: this one)."""
    return (machine or platform.machine()) in AUDIT_ARCH


def program(machine: str | None = None) -> bytes:
    """The filter for ``machine`` (default: this one) in the form that ``bwrap --seccomp`` reads.

    Raises ``KeyError`` for an architecture without a table; ask :func:`supported` first.
    """
    machine = machine or platform.machine()
    column = 0 if machine == "x86_64" else 1
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
            code += _when(number, [_step(RETURN, DENY)])
    for call in (SOCKET, SOCKETPAIR):
        code += _when(call[column], _unless_argument_in(0, (AF_UNIX,)))
    code += _when(PERSONALITY[column], _unless_argument_in(0, PERSONALITIES))
    code += _when(PRCTL[column], _if_argument_in(0, (PR_SET_DUMPABLE,)))
    code += _when(IOCTL[column], _if_argument_in(1, TERMINAL_INJECTION))
    code += _when(
        CLONE[column],
        [
            _step(LOAD, ARGUMENT_OFFSETS[0]),
            _step(JUMP_SET, NAMESPACE_FLAGS, 0, 1),
            _step(RETURN, DENY),
            _step(RETURN, ALLOW),
        ],
    )
    code.append(_step(RETURN, ALLOW))
    return b"".join(code)


def _step(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One ``struct sock_filter``; the jumps count steps to skip."""
    return struct.pack("=HBBI", operation, if_true, if_false, value)


def _when(number: int, body: list[bytes]) -> list[bytes]:
    """``body`` for this call number. It must end by returning, since it may overwrite the loaded number."""
    return [_step(JUMP_EQUAL, number, 0, len(body)), *body]


def _unless_argument_in(argument: int, admitted: tuple[int, ...]) -> list[bytes]:
    code = [_step(LOAD, ARGUMENT_OFFSETS[argument])]
    for value in admitted:
        code += [_step(JUMP_EQUAL, value, 0, 1), _step(RETURN, ALLOW)]
    return [*code, _step(RETURN, DENY)]


def _if_argument_in(argument: int, refused: tuple[int, ...]) -> list[bytes]:
    code = [_step(LOAD, ARGUMENT_OFFSETS[argument])]
    for value in refused:
        code += [_step(JUMP_EQUAL, value, 0, 1), _step(RETURN, DENY)]
    return [*code, _step(RETURN, ALLOW)]
