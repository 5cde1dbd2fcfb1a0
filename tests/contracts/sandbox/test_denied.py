"""Everything a hostile script tries must have no effect, and must be recorded.

Each attack is a real script, run alone, so that nothing but it can make its run a violation. ``outside`` checks
afterwards that no file, process or socket outside was touched and that no secret came back.
"""

from __future__ import annotations

import os
import re
import string
from dataclasses import dataclass, field

import pytest
from outside import Outside
from sandboxes import Place, job, quiet, run, script_of, told, violations

from harness.records.run import RunOutcome
from harness.sandbox.interface import MOST_ATTEMPTS
from harness.sandbox.policy import LONGEST_TARGET, QUIET_CALLS
from harness.sandbox.seccomp import ATTRIBUTES, DENIED, OTHERS, PATHS, SCHEDULING

COLUMN = {"x86_64": 0, "aarch64": 1}.get(os.uname().machine, 0)
NUMBERS = {
    name: numbers[COLUMN]
    for table in (DENIED, PATHS, ATTRIBUTES, OTHERS, SCHEDULING)
    for name, numbers in table.items()
    if numbers[COLUMN] is not None
} | {"clone": (56, 220)[COLUMN], "clone3": 435, "prctl": (157, 167)[COLUMN], "seccomp": (317, 277)[COLUMN]}

BOTH, L3, L2 = ("L3-namespaces", "L2-landlock"), ("L3-namespaces",), ("L2-landlock",)


@dataclass(frozen=True)
class Attack:
    """One thing to try. Every ``attempt`` in ``script`` must fail."""

    script: str
    seen: tuple[str, ...] = ()
    """Patterns of violations that must be recorded (call and target); ``$name`` is taken from the request."""
    unseen: dict[str, str] = field(default_factory=dict)
    """Backend to the reason why the attempt is no violation there, although it fails."""
    harmless: tuple[str, ...] = ()
    """Patterns that must be recorded without being held against the script."""
    on: tuple[str, ...] = BOTH
    """Backends that it means something on."""


def secret(name: str) -> str:
    return f'request["files"]["{name}"]'


NETWORK = {
    "tcp": Attack(
        'attempt("a", lambda: socket.create_connection(("127.0.0.1", request["ports"]["tcp"]), 1))',
        (r"connect 127\.0\.0\.1 port $tcp",),
    ),
    "tcp to the world": Attack(
        'attempt("a", lambda: socket.create_connection(("192.0.2.1", 80), 1))',
        (r"connect 192\.0\.2\.1 port 80",),
    ),
    "tcp6": Attack(
        'attempt("a", lambda: socket.socket(socket.AF_INET6).connect(("::1", request["ports"]["tcp6"])))',
        (r"connect ::1 port $tcp6",),
    ),
    "tcp fast open": Attack(
        'attempt("a", lambda: socket.socket().sendto(b"x", 0x20000000, ("127.0.0.1", request["ports"]["tcp"])))',
        (r"sendto 127\.0\.0\.1 port $tcp",),
    ),
    "udp": Attack(
        """
        s = socket.socket(type=socket.SOCK_DGRAM)
        attempt("sendto", lambda: s.sendto(b"x", ("127.0.0.1", request["ports"]["udp"])))
        attempt("sendmsg", lambda: s.sendmsg([b"x"], [], 0, ("127.0.0.1", request["ports"]["udp"])))
        attempt("connect", lambda: s.connect(("127.0.0.1", request["ports"]["udp"])))
        """,
        tuple(rf"{call} 127\.0\.0\.1 port $udp" for call in ("sendto", "sendmsg", "connect")),
    ),
    "many datagrams at once": Attack(
        """
        s = socket.socket(type=socket.SOCK_DGRAM)
        name = ctypes.create_string_buffer(
            struct.pack("=HH4s8x", 2, socket.htons(request["ports"]["udp"]), socket.inet_aton("127.0.0.1")))
        part = ctypes.create_string_buffer(struct.pack("=QQ", ctypes.addressof(name), 1))
        head = struct.pack("=QI4xQQQQI4xI4x", ctypes.addressof(name), 16, ctypes.addressof(part), 1, 0, 0, 0, 0)
        messages = ctypes.create_string_buffer(head)
        attempt("a", lambda: call(request["numbers"]["sendmmsg"], s.fileno(), ctypes.addressof(messages), 1, 0))
        """,
        (r"sendmmsg 127\.0\.0\.1 port $udp",),
    ),
    "udp6": Attack(
        """
        s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        attempt("a", lambda: s.sendto(b"x", ("::1", request["ports"]["udp"])))
        """,
        (r"sendto ::1 port $udp",),
    ),
    "dns": Attack(
        """
        attempt("address", lambda: socket.getaddrinfo("example.org", 80))
        attempt("name", lambda: socket.gethostbyname("example.org"))
        """,
        (r"(connect|sendto|sendmsg|sendmmsg) .* port 53",),
    ),
    "listening for others": Attack(
        """
        s = socket.socket()
        attempt("port", lambda: s.bind(("0.0.0.0", 8080)))
        attempt("any", lambda: s.bind(("127.0.0.1", 0)))
        attempt("listen", lambda: s.listen())
        """,
        (r"bind 0\.0\.0\.0 port 8080",),
        harmless=(r"bind 127\.0\.0\.1 port 0",),
    ),
    "as http clients do": Attack(
        """
        def request_page(level, option):
            s = socket.socket()
            s.setsockopt(level, option, 1)
            s.connect(("127.0.0.1", request["ports"]["tcp"]))
        attempt("urllib3", lambda: request_page(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        """,
        (r"connect 127\.0\.0\.1 port $tcp",),
    ),
    "as servers do": Attack(
        """
        s = socket.socket()
        def serve():
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("0.0.0.0", 8080))
        attempt("http.server", serve)
        """,
        (r"bind 0\.0\.0\.0 port 8080",),
    ),
    "a copy of the decoy": Attack(
        """
        s = socket.socket()
        copy = os.dup(s.fileno())
        attempt("reads", lambda: (os.read(copy, 1) or [][0]))
        attempt("writes", lambda: os.write(copy, b"x"))
        raw = struct.pack("=HH4s8x", 2, socket.htons(request["ports"]["tcp"]), socket.inet_aton("127.0.0.1"))
        attempt("connect", lambda: call(request["numbers"]["connect"], copy, raw, 16))
        """,
        (r"connect 127\.0\.0\.1 port $tcp",),
    ),
    "other families": Attack(
        """
        for name, family, kind in (("netlink", 16, 3), ("packet", 17, 3), ("packet datagram", 17, 2), ("vsock", 40, 1),
                                   ("alg", 38, 5), ("bluetooth", 31, 3), ("can", 29, 3), ("xdp", 44, 3),
                                   ("raw", 2, 3), ("raw6", 10, 3), ("sctp", 2, 5), ("key", 15, 3), ("rds", 21, 5)):
            attempt(name, lambda: socket.socket(family, kind))
        attempt("pair", lambda: socket.socketpair(socket.AF_INET))
        """,
        (
            "socket AF_NETLINK",
            "socket AF_PACKET",
            "socket AF_VSOCK",
            "socket AF_ALG",
            "socket AF_BLUETOOTH",
            "socket AF_CAN",
            "socket address family 44",
            "socket AF_INET",
            "socket AF_INET6",
            "socketpair AF_INET",
        ),
    ),
    "unix path": Attack(
        'attempt("a", lambda: socket.socket(socket.AF_UNIX).connect(request["names"]["path stream"]))',
        ("connect $path_stream",),
    ),
    "unix path by detours": Attack(
        """
        path = request["names"]["path stream"]
        folder, name = os.path.split(path)
        os.symlink(path, RUN + "/link")
        os.symlink("/", RUN + "/top")
        for way in (RUN + "/link", RUN + "/top" + path, "/proc/self/root" + path, "../../../../../../../.." + path):
            attempt(way, lambda: socket.socket(socket.AF_UNIX).connect(way))
        """,
        ("connect $path_stream",),
    ),
    "unix abstract": Attack(
        'attempt("a", lambda: socket.socket(socket.AF_UNIX).connect(request["names"]["abstract stream"]))',
        ("connect @$abstract_stream",),
    ),
    "unix datagram": Attack(
        """
        def send(name):
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", request["names"][name])
        attempt("path", lambda: send("path datagram"))
        attempt("abstract", lambda: send("abstract datagram"))
        """,
        ("sendto $path_datagram", "sendto @$abstract_datagram"),
        unseen={
            "L2-landlock": "datagram sockets are refused when they are made, as the system log's client makes them"
        },
    ),
    "sockets of services": Attack(
        """
        for path in ("/var/run/docker.sock", "/run/containerd/containerd.sock"):
            attempt(path, lambda: socket.socket(socket.AF_UNIX).connect(path))
        """,
        (r"connect (/var)?/run/docker\.sock", r"connect /run/containerd/containerd\.sock"),
    ),
}

READING = {
    "planted files": Attack(
        'for path in request["files"].values(): attempt(path, lambda: open(path).read())',
        tuple(f"openat ${name}" for name in ("home", "key", "tmp", "claim", "script", "artifact")),
    ),
    "folders": Attack(
        """
        for path in (request["folder"], request["checkout"], os.path.dirname(request["files"]["home"])):
            attempt(path, lambda: os.listdir(path))
        """,
        ("openat $folder", "openat $checkout", "openat $home_folder"),
    ),
    "files of the checkout": Attack(
        """
        for name in ("pyproject.toml", ".git/config", "claims"):
            attempt(name, lambda: os.open(request["checkout"] + "/" + name, os.O_RDONLY))
        """,
        ("openat $checkout/pyproject.toml",),
    ),
    "every call that opens": Attack(
        f"""
        path = os.fsencode({secret("tmp")})
        how = struct.pack("=QQQ", 0, 0, 0)
        attempt("openat", lambda: call(request["numbers"]["openat"], -100, path, 0))
        attempt("openat2", lambda: call(request["numbers"]["openat2"], -100, path, how, 24))
        attempt("path only", lambda: os.open(os.path.join(os.fsdecode(path), "x"), os.O_PATH))
        if "open" in request["numbers"]:
            attempt("open", lambda: call(request["numbers"]["open"], path, 0))
        """,
        ("openat $tmp", "openat2 $tmp", *(["open $tmp"] if "open" in NUMBERS else [])),
    ),
    "a folder descriptor": Attack(
        f"""
        top = os.open("/", os.O_RDONLY | os.O_PATH)
        attempt("a", lambda: os.open({secret("tmp")}[1:], os.O_RDONLY, dir_fd=top))
        """,
        ("openat $tmp",),
    ),
    "dots and links": Attack(
        f"""
        path = {secret("tmp")}
        os.symlink(path, RUN + "/link"); os.symlink("/", RUN + "/top"); os.symlink("link", RUN + "/chain")
        os.mkdir(RUN + "/deep"); os.symlink("../top", RUN + "/deep/up")
        for way in ("link", "chain", "top" + path, "deep/up" + path, RUN + "/../../../../../../../../.." + path,
                    "/usr/../" + path, "//" + path, "/./" + path, "/proc/self/root" + path, "/proc/thread-self/root" + path,
                    "/proc/self/cwd/../../../../../../../.." + path, "top/proc/self/root/" + path):
            attempt(way, lambda: open(way).read())
        """,
        ("openat $tmp",),
    ),
    "the root of another process": Attack(
        f"""
        for pid in ("1", str(os.getppid()), str(request["victim"]), str(request["harness"])):
            attempt(pid, lambda: open(f"/proc/{{pid}}/root" + {secret("tmp")}).read())
        """,
        (r"openat /proc/1/root$tmp", r"openat /proc/$victim/root$tmp"),
    ),
    "a descriptor of its own folder": Attack(
        f"""
        here = os.open(RUN, os.O_RDONLY)
        attempt("up", lambda: open(f"/proc/self/fd/{{here}}/../../../../../../.." + {secret("tmp")}).read())
        attempt("dots", lambda: os.open("../../../../../../.." + {secret("tmp")}, os.O_RDONLY, dir_fd=here))
        """,
        ("openat $tmp",),
    ),
    "a child": Attack(
        f"""
        import subprocess
        attempt("cat", lambda: subprocess.run(["cat", {secret("tmp")}], check=True, capture_output=True).stdout)
        if os.fork() == 0:
            try: print(open({secret("home")}).read())
            except OSError: pass
            os._exit(0)
        os.wait()
        """,
        ("openat $tmp", "openat $home"),
    ),
    "a library": Attack(
        f'attempt("a", lambda: ctypes.CDLL({secret("tmp")}))',
        (r"open(at)? $tmp",),
    ),
    "a program": Attack(
        f"""
        import subprocess
        attempt("a", lambda: subprocess.run([{secret("script")}], check=True))
        """,
        unseen=dict.fromkeys(BOTH, "starting a program is not looked at; it cannot be found or read"),
    ),
    "secrets of the system": Attack(
        """
        for path in ("/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/ssh/ssh_host_rsa_key", "/root/.ssh/id_rsa",
                     "/home/x/.aws/credentials", "/dev/mem", "/dev/vda", "/proc/kcore", "/proc/kmsg"):
            attempt(path, lambda: open(path, "rb").read(1) and 1)
        """,
        (
            *tuple(
                f"openat {path}"
                for path in (
                    "/etc/shadow",
                    "/etc/gshadow",
                    "/etc/sudoers",
                    "/etc/ssh/ssh_host_rsa_key",
                    "/dev/mem",
                )
            ),
            "openat /root/.ssh/id_rsa",
            "openat /home/x/.aws/credentials",
            "openat /proc/kcore",
            "openat /dev/vda",
        ),
    ),
    "other processes": Attack(
        """
        for pid in (request["victim"], request["harness"], 1, os.getppid()):
            for name in ("environ", "mem", "maps", "auxv", "fd/0", "cwd/secret"):
                attempt(f"{pid}/{name}", lambda: open(f"/proc/{pid}/{name}", "rb").read(4096))
        for name, gave in list(found.items()):
            # The first process of the namespace may be the script's own user's. It must hold nothing of value.
            if request["namespaces"] and name.startswith("1/") and isinstance(gave, bytes):
                os.write(1, gave); print(); found[name] = "failed: it holds nothing"
        """,
        tuple(
            rf"openat /proc/{pid}/{name}"
            for pid in ("$victim", "$harness", "1")
            for name in ("environ", "mem", "maps")
        ),
    ),
    "its own environment": Attack(
        """
        found["failed"] = "failed: "
        print([n for n in os.environ if "PLANTED" in n], os.environ.get("PLANTED_TOKEN"))
        try: print(open("/proc/self/environ").read())
        except OSError: pass
        """,
        unseen=dict.fromkeys(BOTH, "a script may read its own environment"),
    ),
    "inherited descriptors": Attack(
        """
        for fd in range(3, 1024):
            for way, look in (("read", lambda: os.read(fd, 99)), ("list", lambda: os.listdir(fd)),
                              ("up", lambda: os.open("inherited", os.O_RDONLY, dir_fd=fd))):
                try: found[f"{way} {fd}"] = repr(look())
                except OSError: pass
        found["end"] = "failed: "
        """,
        unseen=dict.fromkeys(BOTH, "there is none, so nothing is denied"),
    ),
}

WRITING = {
    "places of the system": Attack(
        """
        for path in ("/x", "/usr/x", "/etc/x", "/var/x", "/dev/x", "/opt/x", "/home/x", "/etc/passwd", "/usr/bin/env",
                     os.path.dirname(os.__file__) + "/x", sys.prefix + "/lib/x"):
            attempt(path, lambda: open(path, "a").write("x"))
        """,
        (
            *tuple(
                f"openat {path}"
                for path in ("/x", "/usr/x", "/etc/x", "/var/x", "/dev/x", "/etc/passwd", "/usr/bin/env")
            ),
            r"openat .*/lib/python3\.\d+/x",
        ),
    ),
    "its own inputs": Attack(
        """
        for name in ("inputs/a.csv", "inputs/x", "script/t.py", "script/x", "request.json", "helper/x", "start/start.pyc", "x"):
            attempt(name, lambda: open(PLACE + "/" + name, "a").write("x"))
            attempt("r+ " + name, lambda: open(PLACE + "/" + name, "r+").write("x"))
        attempt("unlink", lambda: os.unlink(PLACE + "/inputs/a.csv"))
        attempt("rename", lambda: os.rename(PLACE + "/inputs/a.csv", PLACE + "/inputs/c.csv"))
        attempt("replace", lambda: os.rename(RUN, PLACE + "/inputs"))
        attempt("truncate", lambda: os.truncate(PLACE + "/inputs/a.csv", 0))
        assert open(PLACE + "/inputs/a.csv").read() == "1\\n"
        """,
        (
            "openat .*/inputs/a.csv",
            "openat .*/script/t.py",
            "openat .*/request.json",
            r"openat .*/start/start\.pyc",
            "unlink(at)? .*/inputs/a.csv",
            "rename(at2?)? .*/inputs/.*",
            "truncate .*/inputs/a.csv",
        ),
    ),
    "an input by its descriptor": Attack(
        """
        import fcntl, mmap
        fd = os.open(PLACE + "/inputs/a.csv", os.O_RDONLY)
        attempt("write", lambda: os.write(fd, b"x"))
        attempt("truncate", lambda: os.ftruncate(fd, 0))
        attempt("map", lambda: mmap.mmap(fd, 0, prot=mmap.PROT_READ | mmap.PROT_WRITE))
        attempt("reopen", lambda: open(f"/proc/self/fd/{fd}", "w"))
        attempt("reopen by name", lambda: open(f"/dev/fd/{fd}", "r+"))
        attempt("flags", lambda: fcntl.ioctl(fd, 0x40086602, struct.pack("=l", 0x40)))
        attempt("link", lambda: os.link(f"/proc/self/fd/{fd}", RUN + "/hard", follow_symlinks=True))
        mode = os.fstat(fd).st_mode
        for change in (lambda: os.fchmod(fd, 0o777), lambda: os.utime(fd), lambda: os.fchown(fd, os.getuid(), -1)):
            try: change()
            except OSError: pass
        assert os.fstat(fd).st_mode == mode and open(PLACE + "/inputs/a.csv").read() == "1\\n"
        """,
        (r"ioctl",),
        unseen={
            "L3-namespaces": "a descriptor has no path that could be looked at; the file is not writable"
        },
    ),
    "planted files": Attack(
        """
        for name, path in request["files"].items():
            attempt(name, lambda: open(path, "a").write("x"))
            attempt("truncate " + name, lambda: os.truncate(path, 0))
            attempt("unlink " + name, lambda: os.unlink(path))
            attempt("new " + name, lambda: open(path + ".new", "x"))
        """,
        (
            *tuple(
                f"{call} ${name}"
                for name in ("home", "claim", "artifact")
                for call in ("openat", "truncate", "unlink")
            ),
            r"openat $claim\.new",
        ),
    ),
    "through a symbolic link": Attack(
        f"""
        os.symlink("/usr/x", RUN + "/usr"); os.symlink({secret("tmp")}, RUN + "/secret")
        os.symlink(os.path.dirname({secret("tmp")}), RUN + "/folder")
        for path in ("usr", "secret", "folder/secret", "folder/new"):
            attempt(path, lambda: open(RUN + "/" + path, "a").write("x"))
        attempt("truncate", lambda: os.truncate(RUN + "/secret", 0))
        attempt("unlink", lambda: os.unlink(RUN + "/folder/secret"))
        """,
        ("openat /usr/x", "openat $tmp", "truncate $tmp", "unlink $tmp"),
    ),
    "through a hard link": Attack(
        f"""
        attempt("input", lambda: os.link(PLACE + "/inputs/a.csv", RUN + "/hard"))
        attempt("secret", lambda: os.link({secret("tmp")}, RUN + "/hard2"))
        attempt("system", lambda: os.link("/usr/bin/env", RUN + "/hard3"))
        attempt("outwards", lambda: os.link(sys.argv[0], os.path.dirname({secret("tmp")}) + "/hard4"))
        """,
        ("link(at)? .*/inputs/a.csv", "link(at)? $tmp", "link(at)? /usr/bin/env"),
    ),
    "names outside": Attack(
        f"""
        secret = {secret("tmp")}
        folder = os.path.dirname(secret)
        open(RUN + "/mine", "w").write("x")
        attempt("fetch", lambda: os.rename(secret, RUN + "/mine"))
        attempt("replace", lambda: os.rename(RUN + "/mine", secret))
        attempt("exchange", lambda: call(request["numbers"]["renameat2"], -100, os.fsencode(RUN + "/mine"), -100,
                                         os.fsencode(secret), 2))
        attempt("mkdir", lambda: os.mkdir(folder + "/d"))
        attempt("rmdir", lambda: os.rmdir(folder + "/claims"))
        attempt("symlink", lambda: os.symlink("/", folder + "/l"))
        attempt("mkfifo", lambda: os.mkfifo(folder + "/f"))
        attempt("bind", lambda: socket.socket(socket.AF_UNIX).bind(folder + "/s"))
        """,
        (
            "rename $tmp",
            "renameat2 $tmp",
            "mkdir $folder/d",
            "rmdir $folder/claims",
            "symlink $folder/l",
            "mknod(at)? $folder/f",
        ),
    ),
    "attributes": Attack(
        """
        for path in (*request["files"].values(), PLACE + "/inputs/a.csv", PLACE + "/script/t.py", "/usr/bin/env"):
            attempt("mode " + path, lambda: os.chmod(path, 0o777))
            attempt("time " + path, lambda: os.utime(path))
            attempt("owner " + path, lambda: os.chown(path, os.getuid(), -1))
            attempt("extra " + path, lambda: os.setxattr(path, "user.x", b"x"))
        """,
        tuple(
            f"{call} {path}"
            for path in ("$tmp", "$claim", ".*/inputs/a.csv", ".*/script/t.py", "/usr/bin/env")
            for call in ("f?chmod(at)?", "utimensat", "f?chown(at)?", "setxattr")
        ),
    ),
    "attributes through a link": Attack(
        f"""
        os.symlink({secret("tmp")}, RUN + "/link")
        attempt("mode", lambda: os.chmod(RUN + "/link", 0o777))
        attempt("time", lambda: os.utime(RUN + "/link"))
        """,
        ("f?chmod(at)? $tmp", "utimensat $tmp"),
    ),
    "settings of the kernel": Attack(
        """
        for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger",
                     "/proc/sys/kernel/hostname", "/sys/power/state", "/sys/kernel/mm/transparent_hugepage/enabled"):
            attempt(path, lambda: open(path, "w").write("x"))
        """,
        (
            "openat /proc/sys/kernel/core_pattern",
            "openat /proc/sys/vm/drop_caches",
            "openat /proc/sysrq-trigger",
            "openat /sys/power/state",
        ),
    ),
}

PROCESSES = {
    "signals": Attack(
        """
        import signal
        for pid in (request["victim"], request["harness"]):
            for number in (0, signal.SIGSTOP, signal.SIGKILL):
                attempt(f"{pid} {number}", lambda: os.kill(pid, number))
        """,
        ("kill process $victim", "kill process $harness"),
    ),
    "signals by other calls": Attack(
        """
        information = struct.pack("=iii116x", 9, 0, -1)
        for name in ("tkill", "rt_sigqueueinfo"):
            attempt(name, lambda: call(request["numbers"][name], request["victim"], 9, information))
        attempt("thread", lambda: call(request["numbers"]["rt_tgsigqueueinfo"], request["victim"], request["victim"], 9,
                                       information))
        attempt("handle", lambda: os.pidfd_open(request["victim"]))
        attempt("group", lambda: os.killpg(request["victim"], 9))
        """,
        tuple(
            f"{call} process $victim"
            for call in ("tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open")
        ),
    ),
    "a signal to a thread": Attack(
        'attempt("a", lambda: call(request["numbers"]["tgkill"], request["victim"], request["victim"], 9))',
        ("tgkill process $victim",),
        unseen={
            "L3-namespaces": "threads signal each other by it often; the process namespace hides the others"
        },
    ),
    "a signal by a descriptor": Attack(
        """
        import fcntl, signal, time
        for pid in (request["victim"], request["harness"]):
            reading, writing = os.pipe()
            def own():
                fcntl.fcntl(reading, fcntl.F_SETOWN, pid)
                fcntl.fcntl(reading, 10, signal.SIGKILL)
                fcntl.fcntl(reading, fcntl.F_SETFL, fcntl.fcntl(reading, fcntl.F_GETFL) | os.O_ASYNC)
                os.write(writing, b"x")
                time.sleep(0.1)
            try: own()
            except OSError: pass
            found["end"] = "failed: "
        """,
        (r"fcntl",),
        unseen={"L3-namespaces": "the victim has no number in the namespace, so nothing is denied"},
    ),
    "the first process": Attack(
        """
        import signal
        for pid in (1, os.getppid()):
            attempt(str(pid), lambda: os.kill(pid, signal.SIGSTOP))
            attempt(f"{pid} for good", lambda: os.kill(pid, signal.SIGKILL))
        """,
        (r"kill process 1",),
    ),
    "everybody": Attack('attempt("a", lambda: os.kill(-1, 9))', (r"kill process -1",), on=L2),
    "memory": Attack(
        """
        space = ctypes.create_string_buffer(4096)
        local = struct.pack("=QQ", ctypes.addressof(space), 4096)
        remote = struct.pack("=QQ", request["address"], 4096)
        for name in ("process_vm_readv", "process_vm_writev"):
            attempt(name, lambda: call(request["numbers"][name], request["victim"], local, 1, remote, 1, 0))
        for number in (16, 0x4206, 0):
            attempt(f"ptrace {number}", lambda: call(request["numbers"]["ptrace"], number, request["victim"], 0, 0))
        os.write(1, bytes(space))
        print()
        """,
        ("process_vm_readv", "process_vm_writev", "ptrace"),
    ),
    "limits and priority": Attack(
        """
        import resource
        attempt("read", lambda: resource.prlimit(request["victim"], resource.RLIMIT_NOFILE))
        attempt("set", lambda: resource.prlimit(request["victim"], resource.RLIMIT_CPU, (1, 1)))
        attempt("nice", lambda: os.setpriority(os.PRIO_PROCESS, request["victim"], 19))
        """,
        ("prlimit64 process $victim", "setpriority process $victim"),
    ),
    "priority of a whole user": Attack(
        """
        attempt("user", lambda: os.setpriority(os.PRIO_USER, 0, 19))
        attempt("group", lambda: os.setpriority(os.PRIO_PGRP, request["victim"], 19))
        """,
        ("setpriority a group or user",),
        on=L2,
    ),
    "scheduling": Attack(
        """
        attempt("affinity", lambda: os.sched_setaffinity(request["victim"], {0}))
        attempt("policy", lambda: os.sched_setscheduler(request["victim"], os.SCHED_IDLE, os.sched_param(0)))
        attempt("disk", lambda: call(request["numbers"]["ioprio_set"], 1, request["victim"], 3 << 13))
        """,
        unseen={
            "L3-namespaces": "scheduling is not looked at; the process namespace hides the others",
            "L2-landlock": "numerical libraries place their threads, so it is denied and not held against a script",
        },
    ),
    "another user": Attack(
        """
        attempt("setuid", lambda: os.setuid(0))
        attempt("setgid", lambda: os.setgid(0))
        attempt("setresuid", lambda: os.setresuid(0, 0, 0))
        attempt("setreuid", lambda: os.setreuid(0, 0))
        attempt("setresgid", lambda: os.setresgid(0, 0, 0))
        attempt("setgroups", lambda: os.setgroups([0]))
        head, wanted = struct.pack("=Ii", 0x20080522, 0), struct.pack("=6I", *[0xFFFFFFFF] * 6)
        attempt("capset", lambda: libc.capset(head, wanted) == 0 or [][0])
        attempt("keep", lambda: libc.prctl(47, 2, 21, 0, 0) == 0 or [][0])
        attempt("securebits", lambda: libc.prctl(28, 1, 0, 0, 0) == 0 or [][0])
        """,
        tuple(f"{call} 0" for call in ("setuid", "setgid", "setresuid", "setreuid", "setresgid")),
    ),
}

KERNEL = {
    "namespaces by clone": Attack(
        """
        for bit in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
            attempt(hex(bit), lambda: call(request["numbers"]["clone"], bit | 17, 0, 0, 0, 0))
        """,
        ("clone",),
    ),
    "namespaces by clone3": Attack(
        'attempt("a", lambda: call(435, struct.pack("=11Q", 0x10000000, *[0] * 10), 88))',
        unseen=dict.fromkeys(
            BOTH, "the call is absent here, as on an old kernel, and the C library uses clone"
        ),
    ),
    "calls of newer kernels": Attack(
        "for number in (452, 463, 467, 900): attempt(str(number), lambda: call(number, 0, 0, 0, 0, 0))",
        unseen=dict.fromkeys(BOTH, "they are absent here, as on an old kernel"),
    ),
    "the clock": Attack(
        """
        import time
        attempt("set", lambda: time.clock_settime(0, 0))
        attempt("day", lambda: call(request["numbers"]["settimeofday"], struct.pack("=qq", 0, 0), 0))
        """,
        ("clock_settime", "settimeofday"),
    ),
    "hiding from /proc": Attack(
        'attempt("a", lambda: libc.prctl(4, 0, 0, 0, 0) == 0 or [][0])',
        unseen=dict.fromkeys(BOTH, "key agents do it, so it is denied and not held against a script"),
        harmless=("prctl",),
    ),
    "a personality": Attack(
        'attempt("a", lambda: libc.personality(0x40000) != -1 or [][0])', ("personality",)
    ),
    "typing for the user": Attack(
        """
        import fcntl
        attempt("a", lambda: fcntl.ioctl(1, 0x5412, b"x"))
        """,
        ("ioctl",),
    ),
    "a filter and a listener of its own": Attack(
        f"""
        allow = ctypes.create_string_buffer(struct.pack("=HBBI", 6, 0, 0, 0x7FFF0000))
        program = struct.pack("=H6xQ", 1, ctypes.addressof(allow))
        attempt("listener", lambda: call(request["numbers"]["seccomp"], 1, 8, program))
        call(request["numbers"]["seccomp"], 1, 0, program)
        call(request["numbers"]["seccomp"], 1, 1, program)
        attempt("secret", lambda: open({secret("tmp")}).read())
        """,
        ("openat $tmp",),
    ),
}


ATTACKS = {
    f"{group}: {name}": attack
    for group, table in {
        "network": NETWORK,
        "reading": READING,
        "writing": WRITING,
        "processes": PROCESSES,
        "kernel": KERNEL,
    }.items()
    for name, attack in table.items()
}


def names_of(outside: Outside) -> dict[str, str]:
    """What ``$name`` stands for in the patterns."""
    asked = outside.request
    places = {f"{name}_folder": str(outside.files[name].parent) for name in outside.files}
    sockets = {name.replace(" ", "_"): address.lstrip("\0") for name, address in asked["names"].items()}
    plain = {key: str(asked[key]) for key in ("victim", "harness", "folder", "checkout")}
    everything = {**asked["ports"], **asked["files"], **places, **sockets, **plain}
    return {name: re.escape(str(value)) for name, value in everything.items()}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_has_no_effect_and_is_recorded(sandbox: Place, outside: Outside, name: str) -> None:
    attack = ATTACKS[name]
    if sandbox.label not in attack.on:
        pytest.skip(f"means something only on {', '.join(attack.on)}")
    request = {**outside.request, "numbers": NUMBERS}
    execution = run(sandbox, script_of(attack.script), request=request, wall_seconds=10)
    outside.check(execution)
    assert execution.observations is None
    found = told(execution)
    assert found
    assert {what: gave for what, gave in found.items() if not str(gave).startswith("failed: ")} == {}
    known = names_of(outside)
    if sandbox.label in attack.unseen:
        assert violations(execution) == [], attack.unseen[sandbox.label]
        assert execution.outcome is RunOutcome.INVALID_OUTPUT, execution.detail
    else:
        assert execution.outcome is RunOutcome.POLICY_VIOLATION, execution.detail
        assert execution.detail.startswith("The script tried what the sandbox forbids, and was denied: ")
        assert missing(attack.seen, violations(execution), known) == []
    assert missing(attack.harmless, quiet(execution), known) == []


def missing(patterns: tuple[str, ...], recorded: list[str], known: dict[str, str]) -> list[str]:
    """The patterns that nothing recorded matches."""
    wanted = [string.Template(pattern.replace("$$", "")).safe_substitute(known) for pattern in patterns]
    unmet = [pattern for pattern in wanted if not any(re.fullmatch(pattern, line) for line in recorded)]
    return [f"{pattern}; recorded: {recorded}" for pattern in unmet]


@pytest.mark.parametrize("half", [0, 1])
def test_every_dangerous_call_is_denied_and_recorded(sandbox: Place, half: int) -> None:
    """In two runs, because a run keeps a limited number of attempts."""
    names = sorted(name for name, numbers in DENIED.items() if numbers[COLUMN] is not None)[half::2]
    script = 'for name in request["names"]: attempt(name, lambda: call(request["numbers"][name], 0, 0, 0, 0, 0, 0))'
    execution = run(sandbox, script_of(script), request={"names": names, "numbers": NUMBERS})
    found = told(execution)
    assert set(found) == set(names)
    assert {name: gave for name, gave in found.items() if "Errno 1]" not in str(gave)} == {}
    assert execution.outcome is RunOutcome.POLICY_VIOLATION
    assert violations(execution) == [name for name in names if name not in QUIET_CALLS]
    assert quiet(execution) == [name for name in names if name in QUIET_CALLS]


FOREIGN = {
    "x32": "import ctypes; ctypes.CDLL(None).syscall(0x40000000 + 39)",
    "32-bit": """
        import ctypes, mmap
        code = mmap.mmap(-1, 4096, prot=7)
        code.write(bytes([0xB8, 20, 0, 0, 0, 0xCD, 0x80, 0xC3]))  # mov eax, getpid; int 0x80; ret
        print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))())
        """,
}


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="these interfaces exist on x86_64 only")
@pytest.mark.parametrize("name", FOREIGN)
def test_a_call_by_a_foreign_interface_ends_the_script(sandbox: Place, name: str) -> None:
    execution = run(sandbox, FOREIGN[name])
    assert execution.outcome is RunOutcome.POLICY_VIOLATION
    assert execution.detail == "The script made a system call that the sandbox forbids."
    assert execution.exit_code is None
    assert execution.stdout == b""


def test_what_is_tried_is_made_harmless_to_look_at(sandbox: Place) -> None:
    """A name can hold what a terminal acts on, or what turns text around, or be very long."""
    script = r"""
        import os
        for name in (b"\x1b]0;evil\x07", b"a\nb", b"\xff\xfe", "\u202etxt.exe\u2066".encode(), b"y" * 250 + b"/" + b"z" * 250):
            try: os.open(b"/usr/" + name, os.O_CREAT | os.O_WRONLY)
            except OSError: pass
        """
    execution = run(sandbox, script)
    assert execution.outcome is RunOutcome.POLICY_VIOLATION
    assert len(execution.denied) == 5
    for text in (execution.detail, *(attempt.target for attempt in execution.denied)):
        assert text.isprintable()
        assert text.isascii()
    assert max(len(attempt.target) for attempt in execution.denied) == LONGEST_TARGET
    assert "openat /usr/\\x1b]0;evil\\x07" in violations(execution)


def test_a_flood_of_attempts_keeps_the_first_and_hides_nothing(sandbox: Place, outside: Outside) -> None:
    script = """
        for i in range(500):
            try: open(f"/proc/self/nothing-{i}", "w")
            except OSError: pass
        attempt("secret", lambda: open(request["files"]["tmp"]).read())
        for i in range(500):
            try: open(f"/usr/nothing-{i}", "w")
            except OSError: pass
        """
    execution = run(sandbox, script_of(script), request=outside.request)
    outside.check(execution)
    assert execution.outcome is RunOutcome.POLICY_VIOLATION
    assert len(violations(execution)) == MOST_ATTEMPTS
    assert f"openat {outside.files['tmp']}" in violations(execution)
    assert len(quiet(execution)) == MOST_ATTEMPTS


RACES = {
    "opening": """
        def once(path): os.close(os.open(path, os.O_RDONLY))
        """,
    "writing": """
        def once(path):
            fd = os.open(path, os.O_WRONLY | os.O_APPEND); os.write(fd, b"x"); os.close(fd)
        """,
}

RACE = """
import threading, time
good, bad = os.fsencode(request["good"].replace("RUN", RUN)), os.fsencode(request["files"]["tmp"])
open(good, "w").close()
size = max(len(good), len(bad)) + 1
space = ctypes.create_string_buffer(size)
good, bad = good.ljust(size, b"\\0"), bad.ljust(size, b"\\0")
stop = time.monotonic() + 0.7
def flip():
    while time.monotonic() < stop:
        for _ in range(200):
            ctypes.memmove(space, good, size); ctypes.memmove(space, bad, size)
def use():
    sys.setswitchinterval(1e-5)
    while time.monotonic() < stop:
        fd = libc.syscall(request["numbers"]["openat"], -100, space, request["flags"], 0)
        if fd >= 0:
            if request["flags"]: os.write(fd, b"x")
            else: os.write(1, os.read(fd, 100))
            os.close(fd)
        libc.chmod(space, 0o777); libc.truncate(space, ctypes.c_long(0)); libc.unlink(space)
        try: open(request["good"].replace("RUN", RUN), "w").close()
        except OSError: pass
threads = [threading.Thread(target=f) for f in (flip, use, use)]
[t.start() for t in threads]; [t.join() for t in threads]
"""


@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_WRONLY | os.O_APPEND], ids=["read", "write"])
@pytest.mark.parametrize("good", ["RUN/mine", "/claim/run/mine"], ids=["real name", "name of the protocol"])
def test_exchanging_a_path_under_the_harness_gains_nothing(
    sandbox: Place, outside: Outside, flags: int, good: str
) -> None:
    """A thread changes the path between the harness's look and the kernel's."""
    request = {**outside.request, "numbers": NUMBERS, "flags": flags, "good": good}
    execution = run(sandbox, script_of(RACE), request=request, wall_seconds=6)
    outside.check(execution)
    assert execution.outcome in (RunOutcome.POLICY_VIOLATION, RunOutcome.INVALID_OUTPUT)


def test_exchanging_an_address_under_the_harness_gains_nothing(sandbox: Place, outside: Outside) -> None:
    script = """
        import threading, time
        mine = RUN + "/mine.socket"
        server = socket.socket(socket.AF_UNIX); server.bind(mine); server.listen(50)
        raw = lambda path: struct.pack("=H", 1) + os.fsencode(path).ljust(108, b"\\0")
        good, bad = raw(mine), raw(request["names"]["path stream"])
        hidden = struct.pack("=H", 1) + os.fsencode(request["names"]["abstract stream"])
        space = ctypes.create_string_buffer(110)
        stop = time.monotonic() + 0.7
        def flip():
            while time.monotonic() < stop:
                for other in (bad, hidden.ljust(110, b"\\0")):
                    ctypes.memmove(space, good, 110); ctypes.memmove(space, other, 110)
        def use():
            while time.monotonic() < stop:
                for size in (110, len(hidden)):
                    with socket.socket(socket.AF_UNIX) as s:
                        s.setblocking(False)
                        libc.syscall(request["numbers"]["connect"], s.fileno(), space, size)
        def drain():
            server.settimeout(0.05)
            while time.monotonic() < stop:
                try: server.accept()[0].close()
                except OSError: pass
        threads = [threading.Thread(target=f) for f in (flip, use, drain)]
        [t.start() for t in threads]; [t.join() for t in threads]
        """
    request = {**outside.request, "numbers": NUMBERS}
    execution = run(sandbox, script_of(script), request=request, wall_seconds=6)
    outside.check(execution)
    assert execution.outcome in (RunOutcome.POLICY_VIOLATION, RunOutcome.INVALID_OUTPUT), execution.detail


def test_the_far_end_of_its_own_socket_is_no_way_out(sandbox: Place, outside: Outside) -> None:
    """Whoever connects a socket shows its process to the other end; a handle on it must not be one on the harness."""
    script = """
        import signal, threading
        server = socket.socket(socket.AF_UNIX); server.bind(RUN + "/s"); server.listen()
        client = socket.socket(socket.AF_UNIX)
        thread = threading.Thread(target=client.connect, args=(RUN + "/s",)); thread.start()
        peer = server.accept()[0]; thread.join()
        found["pid"] = struct.unpack("=3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        found["own"] = os.getpid()
        handle = -1
        try: handle = struct.unpack("=i", peer.getsockopt(socket.SOL_SOCKET, 77, 4))[0]
        except OSError: pass
        if handle >= 0 and found["pid"][0] != os.getpid():
            attempt("stop", lambda: signal.pidfd_send_signal(handle, signal.SIGSTOP))
            attempt("kill", lambda: signal.pidfd_send_signal(handle, signal.SIGKILL))
        """
    execution = run(sandbox, script_of(script), request=outside.request)
    found = told(execution)
    assert all(str(found.get(name, "failed: ")).startswith("failed: ") for name in ("stop", "kill"))
    assert run(sandbox, "pass").outcome is RunOutcome.INVALID_OUTPUT


def test_setuid_programs_give_no_rights(sandbox: Place) -> None:
    script = """
        import glob, subprocess
        programs = [p for p in glob.glob("/usr/bin/*") if os.path.isfile(p) and os.stat(p).st_mode & 0o4000]
        found["programs"] = programs
        for program in ("su", "sudo", "pkexec"):
            try: found[program] = subprocess.run([program, "-c", "id -u"], capture_output=True, stdin=-3, timeout=3).stdout.decode()
            except (OSError, subprocess.TimeoutExpired): pass
        """
    found = told(run(sandbox, script_of(script), wall_seconds=12))
    assert "0\n" not in [found.get(name) for name in ("su", "sudo", "pkexec")]


def test_runs_at_once_cannot_reach_each_other(sandbox: Place) -> None:
    """The same user has several runs at a time; one must not read, signal or connect to another."""
    script = """
        import time
        open(RUN + "/mine", "w").write("harmless-" + str(request["n"]))
        server = socket.socket(socket.AF_UNIX); server.bind(RUN + "/socket"); server.listen()
        time.sleep(0.5)
        attempt("list", lambda: [n for n in os.listdir(os.path.dirname(PLACE)) if n.startswith("harness-run")][0])
        for other in request["others"]:
            attempt(other, lambda: open(other + "/run/mine").read())
        for pid in range(os.getpid() - 40, os.getpid() + 40):
            if pid not in (os.getpid(), os.getppid()) and pid > 1:
                attempt(f"kill {pid}", lambda: os.kill(pid, 9))
        """
    jobs = [job(script_of(script), request={"n": n, "others": []}) for n in range(3)]
    for execution in sandbox.run_at_once(jobs):
        found = told(execution)
        assert all(str(gave).startswith("failed: ") for gave in found.values()), found
        assert execution.exit_code == 0
