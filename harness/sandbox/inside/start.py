"""The first program inside a sandbox: confines itself, waits for the word of a living harness, becomes the script.

Run by path and never imported: it must not need the harness's package, which a sandbox may not show. Standard
library only, and few modules of it, because every run pays for them. Descriptor 0 is a socket to the harness:

1. The harness sends a 4-byte length and its orders in ``marshal`` form (``harness.sandbox.orders``).
2. This program confines itself and sends ``l`` with the listener of its filter, ``n`` where it has none,
   or ``e`` and a sentence, and ends.
3. The harness sends ``g``. At the end of the stream instead, because the harness died, the script never starts.

As a keeper (no process namespace) it stays the parent of everything the script starts, tells the exit status in
decimal, and ends the whole tree when the script ends or the harness does.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # the part of signal that costs nothing
import _socket
import ctypes
import errno
import marshal
import os
import sys

TYPE_CHECKING = False  # the typing module alone would take a third of the time until the script begins
if TYPE_CHECKING:
    from typing import Any, NoReturn

NOT_STARTED = 125
"""Exit status when the confinement failed or the harness died; the script has not run."""

SOL_SOCKET, SCM_RIGHTS = 1, 1
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
SIGKILL, SIGSTOP = 9, 19
SECCOMP = 277 if os.uname().machine == "aarch64" else 317
SECCOMP_SET_MODE_FILTER = 1
NEW_LISTENER, WAIT_KILLABLE = 8, 32
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
PATH_BENEATH = 1

libc = ctypes.CDLL(None, use_errno=True)


class FilterProgram(ctypes.Structure):
    """``struct sock_fprog`` of <linux/filter.h>."""

    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def main() -> None:
    """Confine, report, wait, run. Ends with the script."""
    # Inherited when ignored, and then nobody would learn how the script ended.
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    control = _socket.socket(fileno=0)
    try:
        orders = receive_orders(control)
        if orders["keeper"]:
            keep(control, orders)
        null = os.open("/dev/null", os.O_RDONLY)
        confine(control, orders)
        if control.recv(1) != b"g":
            os._exit(NOT_STARTED)
    except OSError as error:
        give_up(control, error)
    control.close()
    os.dup2(null, 0)
    os.close(null)
    run(orders["script"], orders["python"])


def receive_orders(control: Any) -> dict[str, Any]:
    """The orders; ends the program when the harness is gone before it gave any."""
    size = int.from_bytes(exactly(control, 4), "little")
    orders: dict[str, Any] = marshal.loads(exactly(control, size))  # noqa: S302 - from the harness
    return orders


def exactly(control: Any, size: int) -> bytes:
    """``size`` bytes of the stream."""
    received = b""
    while len(received) < size:
        chunk = control.recv(size - len(received))
        if not chunk:
            os._exit(NOT_STARTED)
        received += chunk
    return received


def give_up(control: Any, error: OSError) -> NoReturn:
    """Tell the harness why nothing can be started here."""
    try:
        control.sendall(b"e" + str(error).encode())
    finally:
        os._exit(NOT_STARTED)


def confine(control: Any, orders: dict[str, Any]) -> None:
    """Give up rights, in the order in which each step still has the rights that it needs; report the filter."""
    if orders["limits"]:
        import resource

        for which, pair in orders["limits"]:
            resource.setrlimit(which, pair)
    if orders["uid"] is not None:
        os.setgroups([])
        os.setresgid(*[orders["uid"]] * 3)
        os.setresuid(*[orders["uid"]] * 3)
    # Without it, what the kernel shows of this process would stay root's, and its own tools would fail.
    check(libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl")
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    if orders["landlock"] is not None:
        restrict_files(orders["landlock"])
    listener = install_filter(orders["filter"], listen=orders["listener"])
    if listener is None:
        control.sendall(b"n")
    else:
        rights = [(SOL_SOCKET, SCM_RIGHTS, listener.to_bytes(4, sys.byteorder))]
        control.sendmsg([b"l"], rights)
        os.close(listener)


def check(result: int, call: str) -> int:
    """``result``, or ``OSError`` when the call failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
    return result


def install_filter(steps: bytes, *, listen: bool) -> int | None:
    """Put the filter on this process and all it will start. Answers the listener, if one is wanted."""
    buffer = ctypes.create_string_buffer(steps, len(steps))
    program = FilterProgram(len(steps) // 8, ctypes.addressof(buffer))
    if not listen:
        check(libc.syscall(SECCOMP, SECCOMP_SET_MODE_FILTER, 0, ctypes.byref(program)), "seccomp")
        return None
    flags = NEW_LISTENER | WAIT_KILLABLE
    listener = libc.syscall(SECCOMP, SECCOMP_SET_MODE_FILTER, flags, ctypes.byref(program))
    if listener < 0 and ctypes.get_errno() == errno.EINVAL:  # before Linux 5.19
        listener = libc.syscall(SECCOMP, SECCOMP_SET_MODE_FILTER, NEW_LISTENER, ctypes.byref(program))
    return check(listener, "seccomp listener")


def restrict_files(orders: dict[str, Any]) -> None:
    """Apply Landlock: everything that is handled is forbidden but for the rules (path, rights)."""
    attributes = b"".join(value.to_bytes(8, "little") for value in orders["handled"])
    ruleset = check(
        libc.syscall(LANDLOCK_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0), "landlock"
    )
    for path, rights in orders["rules"]:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = rights.to_bytes(8, "little") + beneath.to_bytes(4, "little")
        check(libc.syscall(LANDLOCK_ADD_RULE, ruleset, PATH_BENEATH, rule, 0), f"landlock rule for {path}")
        os.close(beneath)
    check(libc.syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0), "landlock")
    os.close(ruleset)


def keep(control: Any, orders: dict[str, Any]) -> None:
    """Fork the script's process and stay its keeper; only the child comes back from here."""
    check(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        become_child(control, orders, told, tell)
    os.close(told)
    for fd in (1, 2):  # the streams end with the script's last process, not with its keeper
        os.dup2(tell, fd)
    try:
        status = watch_child(control, child, tell)
    finally:
        end_tree(orders["uid"])
    try:
        control.sendall(b"" if status is None else b"%d\n" % status)
    finally:
        os._exit(0)


def watch_child(control: Any, child: int, tell: int) -> int | None:
    """Pass the harness's word on and wait for the script. Its exit status, or None when the harness ended it."""
    import select

    ended = os.pidfd_open(child)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(control.fileno(), select.POLLIN)
    while True:
        ready = [fd for fd, _ in poll.poll()]
        if ended in ready:
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            return 128 - status if status < 0 else status
        word = control.recv(1)
        if word != b"g":
            return None
        os.write(tell, word)


def become_child(control: Any, orders: dict[str, Any], told: int, tell: int) -> NoReturn:
    """The script's own process below a keeper."""
    os.close(tell)
    try:
        check(libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "prctl")
        os.setsid()
        null = os.open("/dev/null", os.O_RDONLY)
        confine(control, orders)
        # A change of user clears it.
        check(libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "prctl")
        control.close()
        if os.read(told, 1) != b"g":
            os._exit(NOT_STARTED)
        os.close(told)
    except OSError as error:
        give_up(control, error)
    os.dup2(null, 0)
    os.close(null)
    run(orders["script"], orders["python"])
    leave()


def end_tree(uid: int | None) -> None:
    """Kill every process below this one until none is left.

    Orphans become children of this process, so killing children again and again reaches all. A user number of
    the run's own is also swept at once, which a fork bomb cannot outrun.
    """
    import time

    while True:
        # Stopped first, since a bomb that is killed one by one forks faster than it dies.
        for number in (SIGSTOP, SIGSTOP, SIGKILL):
            for pid in below(os.getpid()):
                try:
                    os.kill(pid, number)
                except (ProcessLookupError, PermissionError):
                    continue
        if uid is not None and os.getuid() == 0:
            sweep(uid)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.002)  # a killed process must get a processor before it is gone


def sweep(uid: int) -> None:
    """Kill every process of a user number, by a process that has become that user; waits for it."""
    try:
        sweeper = os.fork()
    except OSError:  # no process to be had, for now
        return
    if sweeper == 0:
        try:
            os.setresuid(uid, uid, uid)
            os.kill(-1, SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(sweeper, 0)


def below(pid: int) -> list[int]:
    """All process ids below ``pid``."""
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - pathlib costs milliseconds
            with open(f"/proc/{pid}/task/{task}/children") as file:  # noqa: PTH123
                for child in file.read().split():
                    found += [int(child), *below(int(child))]
    except OSError:
        pass
    return found


def run(path: str, is_python: bool) -> None:
    """Become the script: in this interpreter as ``__main__``, or as a program of its own."""
    if not is_python:
        _signal.signal(_signal.SIGPIPE, _signal.SIG_DFL)  # which this interpreter ignores
        try:
            os.execv(path, [path])  # noqa: S606 - there is no shell
        except OSError as error:
            os.write(2, f"start: {error.strerror}\n".encode())
            os._exit(126)
    sys.argv[:] = [path]
    module = type(sys)("__main__")
    module.__dict__.update(__file__=path, __builtins__=__builtins__, __cached__=None, __annotations__={})
    sys.modules["__main__"] = module
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            source = file.read()
        exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    except SystemExit:
        raise
    except BaseException as error:
        # As the interpreter itself would show it: without the frames of this program.
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
        sys.excepthook(type(error), error, error.__traceback__)
        sys.exit(1)


def leave() -> NoReturn:
    """End as the interpreter ends, without returning into the keeper's code."""
    sys.exit(0)


if __name__ == "__main__":
    main()
