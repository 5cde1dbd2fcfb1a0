"""The rules over the calls that the harness hears of, one by one, with a caller that is made up."""

from __future__ import annotations

import errno
import os
import socket
import struct
from dataclasses import dataclass, field

import pytest

from harness.sandbox.caller import Address, Caller, read_address
from harness.sandbox.listener import SystemCall
from harness.sandbox.policy import LONGEST_TARGET, QUIET_CALLS, Answer, Policy, Ruling, View, private_places
from harness.sandbox.seccomp import (
    ATTRIBUTES,
    DENIED,
    OTHERS,
    PATHS,
    SCHEDULING,
    Filter,
    denied_names,
    looked_at,
    supported,
)

pytestmark = pytest.mark.skipif(not supported(), reason="there is no table for this machine")

RUN, KEEPER, VICTIM, GONE = 1000, 900, 5000, 6000
"""Processes, as the caller names them: one of the run, its root, one of the machine's, and none at all."""
ON_HOST = {
    "/home",
    "/home/u",
    "/home/u/secret",
    "/home/u/claims",
    "/run/x.socket",
    f"/proc/{VICTIM}",
    "/tmp/other/file",
}


@dataclass
class FakeCaller(Caller):
    """Answers from tables. Addresses are indexes into ``texts``, beginning at 1."""

    texts: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    there: set[str] = field(default_factory=set)
    number: int = 0
    named: Address | None = None
    bound: tuple[str, ...] = ()
    pid: int = RUN
    gone: bool = False

    def path(self, folder: int | None, address: int) -> str | None:
        return self.relative(self.texts[address - 1]) if 0 < address <= len(self.texts) else None

    def relative(self, name: str, folder: int | None = None) -> str | None:
        return os.path.normpath(name if name.startswith("/") else f"/claim/run/{name}")

    def followed(self, path: str) -> str:
        for link, target in self.links.items():
            if path == link or path.startswith(f"{link}/"):
                return target + path[len(link) :]
        return path

    def exists(self, path: str) -> bool:
        return not self.gone and (path == "/" or path in self.there)

    def word(self, address: int) -> int:
        return self.number

    def address(self, pointer: int, length: int) -> Address | None:
        return self.named

    def is_below(self, number: int, ancestor: int) -> bool:
        return number in (RUN, KEEPER)

    def abstract_name_is_bound(self, name: str) -> bool:
        return name in self.bound

    def own_number(self) -> int:
        return 10

    def parent_followed(self, path: str) -> str:
        folder, _, name = path.rpartition("/")
        return f"{self.followed(folder)}/{name}"

    def text(self, address: int) -> str:
        return "target"

    def descriptor_target(self, number: int) -> str:
        return f"pipe:[{number}]"

    def descriptor_flags(self, number: int) -> int:
        return 0


NAMES = {
    name: number
    for number, name in {**looked_at(Filter(listener=True, namespaces=False)), **denied_names()}.items()
}


def rule(name: str, *arguments: int, namespaces: bool = True, **caller: object) -> Ruling:
    view = View(
        readable=("/usr", "/claim"),
        writable=("/claim/run", "/tmp"),
        private=("/home", "/tmp"),
        namespaces=namespaces,
        root=KEEPER,
        on_host=ON_HOST.__contains__,
    )
    policy = Policy(view, Filter(listener=True, namespaces=namespaces))
    asked = SystemCall(1, RUN, NAMES[name], (*arguments, *[0] * (6 - len(arguments))))
    return policy.rule(asked, FakeCaller(**{"there": {f"/proc/{RUN}"}, **caller}))


def said(ruling: Ruling) -> tuple[str, str | None, bool | None]:
    attempt = ruling.attempt
    if attempt is None:
        return ruling.answer.value, None, None
    return ruling.answer.value, f"{attempt.call} {attempt.target}".strip(), attempt.violation


BOTH = pytest.mark.parametrize("namespaces", [True, False], ids=["L3", "L2"])


@BOTH
@pytest.mark.parametrize("name", [name for name in DENIED if name in NAMES])
def test_denied_calls_are_refused_and_recorded(name: str, namespaces: bool) -> None:
    ruling = rule(name, namespaces=namespaces)
    assert said(ruling) == ("refuse", name, name not in QUIET_CALLS)
    assert ruling.error == errno.EPERM


@BOTH
def test_conditional_calls_are_refused_and_recorded(namespaces: bool) -> None:
    assert said(rule("clone", 0x10000011, namespaces=namespaces)) == ("refuse", "clone", True)
    assert said(rule("ioctl", 0, 0x5412, namespaces=namespaces)) == ("refuse", "ioctl", True)
    assert said(rule("personality", 0x40000, namespaces=namespaces)) == ("refuse", "personality", True)
    assert said(rule("prctl", 4, namespaces=namespaces)) == ("refuse", "prctl", False)


@BOTH
def test_sockets(namespaces: bool) -> None:
    for family in (socket.AF_INET, socket.AF_INET6):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_STREAM | socket.SOCK_CLOEXEC):
            assert said(rule("socket", family, kind, namespaces=namespaces)) == ("decoy", None, None)
        raw = said(rule("socket", family, socket.SOCK_RAW, namespaces=namespaces))
        assert raw == ("refuse", f"socket {family.name}", True)
    assert said(rule("socket", 16, 3)) == ("refuse", "socket AF_NETLINK", True)
    assert said(rule("socket", 99, 1)) == ("refuse", "socket address family 99", True)
    assert said(rule("socketpair", 2, 1)) == ("refuse", "socketpair AF_INET", True)
    assert said(rule("socket", 1, 2, namespaces=False)) == ("refuse", "socket AF_UNIX datagram", False)


READING = {
    "/usr/lib/x": None,
    "/claim/inputs/a.csv": None,
    "/etc/hosts": None,
    "/nowhere": None,
    "/home/u/nothing": None,
    "/home/u/secret": True,
    "/home/u": True,
    "/etc/shadow": True,
    "/etc/ssh/ssh_host_rsa_key": True,
    "/nowhere/.ssh/id_rsa": True,
    "/nowhere/.aws": True,
    "/dev/mem": True,
    "/dev/vda1": True,
    "/proc/kcore": True,
    "/proc/self/environ": None,
    "/proc/meminfo": None,
    f"/proc/{RUN}/environ": None,
    f"/proc/{VICTIM}/environ": True,
    f"/proc/{VICTIM}/task/{VICTIM}/mem": True,
    f"/proc/{VICTIM}/root/etc/passwd": True,
    f"/proc/{VICTIM}/stat": None,
    f"/proc/{GONE}/environ": None,
    "/proc/1/environ": True,
}


@pytest.mark.parametrize("call", ["openat", "open", "openat2"])
@pytest.mark.parametrize("path", READING)
def test_reading(path: str, call: str) -> None:
    if call not in NAMES:
        pytest.skip("this machine has no such call")
    arguments = (1, os.O_RDONLY) if call == "open" else (0xFFFFFF9C, 1, os.O_RDONLY)
    expected = (f"{call} {path}", True) if READING[path] else (None, None)
    assert said(rule(call, *arguments, texts=[path])) == ("proceed", *expected)


def test_reading_through_a_link_in_the_work_folder() -> None:
    seen = said(rule("openat", 0, 1, texts=["link"], links={"/claim/run/link": "/home/u/secret"}))
    assert seen == ("proceed", "openat /home/u/secret", True)
    assert said(rule("openat", 0, 1, texts=["link"], links={"/claim/run/link": "/usr/x"})) == (
        "proceed",
        None,
        None,
    )


def test_reading_what_the_run_made_where_the_machine_has_something_too() -> None:
    assert said(rule("openat", 0, 1, texts=["/tmp/other/file"])) == (
        "proceed",
        "openat /tmp/other/file",
        True,
    )
    mine = rule("openat", 0, 1, texts=["/tmp/other/file"], there={"/tmp/other/file"})
    assert said(mine) == ("proceed", None, None)
    gone = rule("openat", 0, 1, texts=["/tmp/other/file"], gone=True)
    assert said(gone) == ("proceed", None, None), "of a process that has ended nothing can be said"


def test_names_that_cannot_be_read_are_left_to_the_kernel() -> None:
    for call in ("openat", "unlinkat", "fchmodat"):
        assert rule(call, 0, 99).attempt is None


WRITING = {
    "/claim/run/x": None,
    "relative": None,
    "/tmp/x": None,
    "/dev/null": None,
    "/dev/urandom": None,
    "/dev/pts/0": None,
    "/proc/self/fd/1": None,
    "/dev/fd/1": None,
    "/proc/self/oom_score_adj": False,
    "/proc/self/mem": False,
    "/usr/lib/x": True,
    "/claim/inputs/a.csv": True,
    "/claim/runaway": True,
    "/home/u/secret": True,
    "/dev/sda": True,
    "/proc/sys/kernel/core_pattern": True,
    f"/proc/{VICTIM}/mem": True,
    "/": True,
}


@pytest.mark.parametrize("flags", [os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC, os.O_WRONLY | os.O_APPEND])
@pytest.mark.parametrize("path", WRITING)
def test_writing(path: str, flags: int) -> None:
    violation = WRITING[path]
    expected = (None, None) if violation is None else (f"openat {path}", violation)
    assert said(rule("openat", 0, 1, flags, texts=[path])) == ("proceed", *expected)


def test_flags_of_openat2_lie_in_memory() -> None:
    assert said(rule("openat2", 0, 1, 7, texts=["/usr/x"], number=os.O_WRONLY)) == (
        "proceed",
        "openat2 /usr/x",
        True,
    )
    assert said(rule("openat2", 0, 1, 7, texts=["/usr/x"], number=0)) == ("proceed", None, None)


def test_compiled_code_beside_the_source_is_no_violation() -> None:
    seen = said(rule("openat", 0, 1, os.O_WRONLY, texts=["/usr/lib/m/__pycache__/x.nbi"]))
    assert seen == ("proceed", "openat /usr/lib/m/__pycache__", False)
    assert said(rule("openat", 0, 1, os.O_WRONLY, texts=["/home/u/__pycache__/x"]))[2] is True


def test_the_font_list_that_is_kept_for_all_users_is_no_violation() -> None:
    for name in ("3830d5c3-le64.cache-8", "CACHEDIR.TAG"):
        seen = said(rule("openat", 0, 1, os.O_WRONLY, texts=[f"/var/cache/fontconfig/{name}"]))
        assert seen == ("proceed", "openat /var/cache/fontconfig", False)
    assert said(rule("openat", 0, 1, os.O_WRONLY, texts=["/var/cache/fontconfig2/x"]))[2] is True


@pytest.mark.parametrize(
    "name", [name for name in PATHS if name in NAMES and not name.startswith("open") and name != "creat"]
)
def test_changes_of_names(name: str) -> None:
    places = PATHS[name][2]
    for outside in range(len(places)):
        texts = ["/claim/run/x"] * len(places)
        texts[outside] = "/usr/x"
        arguments = [0] * 6
        for index, (_, position) in enumerate(places):
            arguments[position] = index + 1
        assert said(rule(name, *arguments, texts=texts)) == ("proceed", f"{name} /usr/x", True)
        texts[outside] = "/claim/run/y"
        assert said(rule(name, *arguments, texts=texts)) == ("proceed", None, None)


@pytest.mark.parametrize("name", ["unlinkat", "renameat2", "symlinkat", "linkat", "mkdirat"])
def test_changes_of_a_link_mean_the_link(name: str) -> None:
    """What it leads to stays as it is."""
    arguments = [0] * 6
    for _, position in PATHS[name][2]:
        arguments[position] = 1
    ruling = rule(name, *arguments, texts=["/claim/run/link"], links={"/claim/run/link": "/usr/x"})
    assert said(ruling) == ("proceed", None, None)


@pytest.mark.parametrize("name", [name for name in ATTRIBUTES if name in NAMES])
def test_attributes(name: str) -> None:
    places = ATTRIBUTES[name][2]
    arguments = [0] * 6
    for _, position in places:
        arguments[position] = 1
    own = [said(rule(name, *arguments, texts=["/claim/run/x"], namespaces=ns)) for ns in (True, False)]
    assert own == [("proceed", None, None), ("pretend", None, None)]
    if places:
        other = [said(rule(name, *arguments, texts=["/usr/x"], namespaces=ns)) for ns in (True, False)]
        assert other == [("proceed", f"{name} /usr/x", True), ("refuse", f"{name} /usr/x", True)]


@BOTH
@pytest.mark.parametrize("call", ["connect", "sendto", "sendmsg", "sendmmsg"])
def test_internet_addresses(call: str, namespaces: bool) -> None:
    ruling = rule(call, 3, 1, 16, named=Address(2, "192.0.2.1 port 80", 80), namespaces=namespaces)
    assert said(ruling) == ("refuse", f"{call} 192.0.2.1 port 80", True)
    assert ruling.error == errno.ENETUNREACH
    assert rule(call, 3, 1, 16, named=Address(0, "address family 0"), namespaces=namespaces).attempt is None


@BOTH
def test_binding(namespaces: bool) -> None:
    fixed = rule("bind", 3, 1, 16, named=Address(2, "0.0.0.0 port 80", 80), namespaces=namespaces)
    assert said(fixed) == ("refuse", "bind 0.0.0.0 port 80", True)
    any_port = rule("bind", 3, 1, 28, named=Address(10, "::1 port 0", 0), namespaces=namespaces)
    assert said(any_port) == ("refuse", "bind ::1 port 0", False)
    assert any_port.error == errno.EADDRNOTAVAIL
    assert said(rule("bind", 3, 1, 9, named=Address(1, "/claim/run/s"), namespaces=namespaces)) == (
        "proceed",
        None,
        None,
    )


def test_a_call_without_an_address() -> None:
    assert rule("sendto", 3).answer is Answer.PROCEED
    assert rule("connect", 3).answer is Answer.PROCEED
    assert rule("connect", 3, namespaces=False).answer is Answer.REFUSE


def unix(text: str, *, namespaces: bool = True, call: str = "connect", **caller: object) -> Ruling:
    return rule(call, 3, 1, 16, named=Address(1, text), namespaces=namespaces, **caller)


def test_unix_sockets_by_path() -> None:
    assert said(unix("/claim/run/s")) == ("proceed", None, None)
    own = unix("s", namespaces=False)
    assert (said(own), own.path) == (("connect", None, None), "/claim/run/s")
    assert said(unix("/run/x.socket")) == ("refuse", "connect /run/x.socket", True)
    assert said(unix("/run/none.socket")) == ("refuse", "connect /run/none.socket", False)
    for path in ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock"):
        assert said(unix(path)) == ("refuse", f"connect {path}", True)
    for path in ("/var/run/nscd/socket", "/run/systemd/journal/socket", "/run/dbus/system_bus_socket"):
        ruling = unix(path)
        assert said(ruling) == ("refuse", f"connect {path}", False)
        assert ruling.error == errno.ENOENT
    linked = unix("/claim/run/s", links={"/claim/run/s": "/run/x.socket"}, namespaces=False)
    assert said(linked) == ("refuse", "connect /run/x.socket", True)


def test_unix_sockets_by_abstract_name() -> None:
    assert said(unix("@own", bound=("@own",))) == ("proceed", None, None)
    assert said(unix("@other", bound=("@own",))) == ("refuse", "connect @other", True)
    assert said(unix("@own", bound=("@own",), namespaces=False)) == ("refuse", "connect @own", True)
    assert said(unix("@x", call="bind")) == ("proceed", None, None)
    assert unix("@x", call="bind", namespaces=False).answer is Answer.REFUSE


@BOTH
@pytest.mark.parametrize(
    ("name", "count"),
    [("setuid", 1), ("setgid", 1), ("setreuid", 2), ("setregid", 2), ("setresuid", 3), ("setresgid", 3)],
)
def test_becoming_another_user(name: str, count: int, namespaces: bool) -> None:
    same, keep = 1000, 0xFFFFFFFF
    assert said(rule(name, *[same] * count, namespaces=namespaces)) == ("proceed", None, None)
    assert said(rule(name, *[keep] * count, namespaces=namespaces)) == ("proceed", None, None)
    for position in range(count):
        numbers = [keep] * count
        numbers[position] = 0
        assert said(rule(name, *numbers, namespaces=namespaces)) == ("refuse", f"{name} 0", True)


@BOTH
@pytest.mark.parametrize(
    "name", ["kill", "tkill", "pidfd_open", "prlimit64", "rt_sigqueueinfo", "rt_tgsigqueueinfo"]
)
def test_other_processes(name: str, namespaces: bool) -> None:
    for number in (0, RUN):
        assert said(rule(name, number, namespaces=namespaces)) == ("proceed", None, None)
    foreign = rule(name, VICTIM, namespaces=namespaces)
    assert said(foreign) == ("refuse", f"{name} process {VICTIM}", True)
    assert foreign.error == errno.EPERM
    gone = rule(name, GONE, namespaces=namespaces)
    assert (said(gone), gone.error) == (("refuse", None, None), errno.ESRCH)
    first = 1 if namespaces else KEEPER
    there = {"/proc/1", f"/proc/{RUN}"}
    assert said(rule(name, first, namespaces=namespaces, there=there))[0] == "refuse"


def test_groups_and_everybody() -> None:
    minus = (1 << 64) - 1
    assert said(rule("kill", minus)) == ("proceed", None, None)
    assert said(rule("kill", minus, namespaces=False)) == ("refuse", "kill process -1", True)
    assert said(rule("kill", (1 << 64) - VICTIM, namespaces=False)) == (
        "refuse",
        f"kill process -{VICTIM}",
        True,
    )
    assert said(rule("kill", (1 << 64) - RUN, namespaces=False)) == ("proceed", None, None)


def test_priorities() -> None:
    assert said(rule("setpriority", 0, RUN)) == ("proceed", None, None)
    assert said(rule("setpriority", 0, VICTIM)) == ("refuse", f"setpriority process {VICTIM}", True)
    for which in (1, 2):
        assert said(rule("setpriority", which, 0, namespaces=False)) == (
            "refuse",
            "setpriority a group or user",
            True,
        )


@pytest.mark.parametrize("name", SCHEDULING)
def test_scheduling_without_namespaces(name: str) -> None:
    def numbers(pid: int) -> tuple[int, ...]:
        return (1, pid) if name == "ioprio_set" else (pid,)

    assert said(rule(name, *numbers(RUN), namespaces=False)) == ("proceed", None, None)
    seen = said(rule(name, *numbers(VICTIM), namespaces=False))
    assert seen == ("refuse", f"{name} process {VICTIM}", name == "tgkill")


def test_targets_are_made_visible_and_short() -> None:
    attempt = rule("openat", 0, 1, os.O_WRONLY, texts=["/usr/\x1b]0;x\x07\n\u202e" + "y" * 500]).attempt
    assert attempt is not None
    assert attempt.target.startswith("/usr/\\x1b]0;x\\x07\\n\\u202eyyy")
    assert len(attempt.target) == LONGEST_TARGET
    assert attempt.target.isprintable()


def test_addresses_in_words() -> None:
    four = struct.pack("=H", 2) + (80).to_bytes(2, "big") + socket.inet_aton("192.0.2.1") + bytes(8)
    assert read_address(four) == Address(2, "192.0.2.1 port 80", 80)
    six = struct.pack("=H", 10) + (53).to_bytes(2, "big") + bytes(4) + socket.inet_pton(10, "::1") + bytes(4)
    assert read_address(six) == Address(10, "::1 port 53", 53)
    assert read_address(struct.pack("=H", 1) + b"/x\0garbage") == Address(1, "/x")
    assert read_address(struct.pack("=H", 1) + b"\0name") == Address(1, "@name")
    assert read_address(struct.pack("=H", 1)) == Address(1, "")
    assert read_address(b"\1") is None
    assert read_address(struct.pack("=H", 2) + b"\0") == Address(2, "address family 2")


def test_private_places_never_hold_the_root() -> None:
    assert "/" not in private_places()
    assert {"/root", "/home", os.getcwd()} <= set(private_places())


def test_every_looked_at_call_has_a_rule() -> None:
    for namespaces in (True, False):
        for name in looked_at(Filter(listener=True, namespaces=namespaces)).values():
            assert rule(name, namespaces=namespaces).answer in Answer
    assert set(OTHERS) <= set(NAMES)
