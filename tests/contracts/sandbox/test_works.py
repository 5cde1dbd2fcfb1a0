"""What honest scientific scripts do goes through, and nothing of it is held against them."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest
from sandboxes import CHECKOUT, MIB, Place, completed, run, script_of, told, violations

from harness.records.run import RunOutcome


def works(sandbox: Place, body: str, **changes: object) -> object:
    """What ``body`` leaves in ``found``; it must run without any violation."""
    execution = completed(
        run(sandbox, script_of(body + "\nopen('observations.json', 'w').write('{}')"), **changes)
    )
    return told(execution)


def test_numpy_and_scipy(sandbox: Place) -> None:
    body = """
import numpy, scipy.stats, scipy.optimize, scipy.sparse.linalg
found["sum"] = float(numpy.linalg.inv(numpy.eye(50) * 2).sum())
found["p"] = round(float(scipy.stats.ttest_1samp([1.0, 2, 3, 4], 2).pvalue), 3)
numpy.save("x.npy", numpy.arange(9)); found["kept"] = int(numpy.load("x.npy", mmap_mode="r")[8])
"""
    assert works(sandbox, body) == {"sum": 25.0, "p": 0.495, "kept": 8}


PROCESSES = """
import json, multiprocessing, threading, subprocess, tempfile, asyncio, queue, os
from concurrent.futures import ThreadPoolExecutor, ProcessPoolExecutor
from multiprocessing import shared_memory
def square(x): return x * x
def put(q): q.put(os.getpid() > 0)
async def later():
    process = await asyncio.create_subprocess_exec("echo", "hi", stdout=-1)
    return (await process.communicate())[0].decode()
if __name__ == "__main__":
    found = {"threads": list(ThreadPoolExecutor(4).map(square, range(4)))}
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            found[method] = pool.map(square, range(4))
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
        found["executor"] = list(pool.map(square, range(4)))
    memory = shared_memory.SharedMemory(create=True, size=4096)
    memory.buf[0] = 7
    again = shared_memory.SharedMemory(memory.name)
    found["shared"] = again.buf[0]
    again.close(); memory.close(); memory.unlink()
    with multiprocessing.Manager() as manager:
        shared = manager.dict(); shared["x"] = 5
        found["manager"] = dict(shared)
    q = multiprocessing.Queue()
    child = multiprocessing.Process(target=put, args=(q,)); child.start()
    found["queue"] = q.get(timeout=5); child.join()
    lock = multiprocessing.Lock()
    with lock: found["array"] = list(multiprocessing.Array("i", [1, 2]))
    found["asyncio"] = asyncio.run(later())
    with tempfile.NamedTemporaryFile() as file, tempfile.TemporaryDirectory() as folder:
        found["temporary"] = [os.path.dirname(file.name) == os.environ["TMPDIR"], os.listdir(folder)]
    found["shell"] = subprocess.run("echo $((6 * 7)) | cat", shell=True, capture_output=True, text=True).stdout
    json.dump(found, open("observations.json", "w"))
"""


def test_threads_and_processes(sandbox: Place) -> None:
    execution = completed(run(sandbox, PROCESSES))
    squares = [0, 1, 4, 9]
    assert json.loads(execution.observations or b"") == {
        "threads": squares, "fork": squares, "spawn": squares, "forkserver": squares, "executor": squares,
        "shared": 7, "manager": {"x": 5}, "queue": True, "array": [1, 2], "asyncio": "hi\n",
        "temporary": [True, []], "shell": "42\n",
    }  # fmt: skip
    assert execution.stderr == b""


def test_what_libraries_ask_at_import(sandbox: Place) -> None:
    body = """
import getpass, locale, logging.handlers, platform, random, secrets, ssl, sysconfig, time, uuid, zoneinfo, sqlite3, bz2, lzma
found["user"] = getpass.getuser()
platform.platform(); platform.processor(); platform.libc_ver(); platform.freedesktop_os_release if 0 else None
uuid.uuid1(); uuid.uuid4(); uuid.getnode(); locale.setlocale(locale.LC_ALL, ""); time.tzset()
os.cpu_count(); os.sched_getaffinity(0); os.getloadavg(); os.nice(0); os.path.expanduser("~"); os.path.expanduser("~root")
socket.gethostname(); ssl.create_default_context(); secrets.token_bytes(4); random.SystemRandom().random()
db = sqlite3.connect("x.db"); db.execute("create table t (x)"); db.execute("insert into t values (1)"); db.commit()
found["rows"] = db.execute("select count(*) from t").fetchone()[0]
try: socket.getaddrinfo("localhost", None)
except OSError: pass
try: os.getlogin()
except OSError: pass
"""
    assert works(sandbox, body) == {"user": "script", "rows": 1}


def test_urllib3_looks_for_ipv6(sandbox: Place) -> None:
    body = """
found["has"] = socket.has_ipv6
try:
    s = socket.socket(socket.AF_INET6)
    s.bind(("::1", 0))
    found["bound"] = True
except Exception: found["bound"] = False
s.close()
"""
    assert works(sandbox, body) == {"has": True, "bound": False}


def test_callbacks_and_threads_of_the_c_library(sandbox: Place) -> None:
    body = """
import signal, threading
compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
numbers = (ctypes.c_int * 5)(3, 1, 2, 5, 4)
libc.qsort(numbers, 5, 4, compare(lambda a, b: a[0] - b[0]))
found["sorted"] = list(numbers)
signal.signal(signal.SIGALRM, lambda *a: found.update(alarm=True)); signal.setitimer(signal.ITIMER_REAL, 0.01); signal.pause()
signal.pthread_kill(threading.get_ident(), 0)
child = os.fork()
if child == 0: signal.pause(); os._exit(0)
os.kill(child, signal.SIGKILL); found["killed"] = os.waitpid(child, 0)[1]
os.setpriority(os.PRIO_PROCESS, 0, 1); os.sched_setaffinity(0, os.sched_getaffinity(0))
import resource
resource.setrlimit(resource.RLIMIT_STACK, resource.getrlimit(resource.RLIMIT_STACK))
handle = os.pidfd_open(os.getpid()); os.close(handle)
"""
    assert works(sandbox, body) == {"sorted": [1, 2, 3, 4, 5], "alarm": True, "killed": 9}


def test_sockets_between_its_own_processes(sandbox: Place) -> None:
    body = """
import threading
from multiprocessing.connection import Client, Listener
def serve(listener):
    with listener.accept() as c: c.send(c.recv() + 1)
for family, address in (("AF_UNIX", None), ("AF_UNIX", RUN + "/named"), ("AF_UNIX", "relative")):
    with Listener(address, family) as listener:
        t = threading.Thread(target=serve, args=(listener,)); t.start()
        with Client(listener.address) as c: c.send(1); found[str(address)[-8:]] = c.recv()
        t.join()
a, b = socket.socketpair()
socket.send_fds(a, [b"x"], [os.open(REQUEST, os.O_RDONLY)])
found["sent"] = len(os.read(socket.recv_fds(b, 1, 1)[1][0], 1))
"""
    assert works(sandbox, body) == {"None": 2, "un/named": 2, "relative": 2, "sent": 1}


WAYS = {
    "nothing": ("", ()),
    "open": ("open('/claim/inputs/b.csv').read()", ("b.csv",)),
    "the path of the request": ("open(request['input']).read()", ("a.csv",)),
    "pathlib": ("import pathlib; pathlib.Path('/claim/inputs/a.csv').read_bytes()", ("a.csv",)),
    "a child": ("import subprocess; subprocess.run(['cat', request['input']], check=True)", ("a.csv",)),
    "names only": ("os.listdir(os.path.dirname(request['input'])); os.stat(request['input'])", ()),
    "mmap": ("import mmap; f = open(request['input'], 'rb'); mmap.mmap(f.fileno(), 0, prot=1)", ("a.csv",)),
    "a folder descriptor": (
        "d = os.open(os.path.dirname(request['input']), os.O_RDONLY); os.read(os.open('a.csv', 0, dir_fd=d), 1)",
        ("a.csv",),
    ),
    "numpy": ("import numpy; numpy.loadtxt(request['input'])", ("a.csv",)),
    "detours": (
        "for n in ('a.csv', 'b.csv') * 50: open('/dev/../claim/inputs/' + n)\nopen('../inputs/a.csv')",
        ("a.csv", "b.csv"),
    ),
    "a link": ("os.symlink(request['input'], 'link'); open('link').read()", ("a.csv",)),
    "changed folder": (
        "os.chdir(os.path.dirname(request['input'])); open('b.csv').read(); os.chdir(RUN)",
        ("b.csv",),
    ),
    "the C library": (
        "libc.fopen.restype = ctypes.c_void_p; assert libc.fopen(os.fsencode(request['input']), b'r')",
        ("a.csv",),
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_inputs_can_be_read_in_every_way_and_openings_are_seen(sandbox: Place, way: str) -> None:
    script, opened = WAYS[way]
    script = script_of(script + "\nopen(RUN + '/observations.json', 'w').write('{}')")
    execution = completed(run(sandbox, script, request={"input": "/claim/inputs/a.csv"}))
    assert execution.opened == opened


@pytest.mark.parametrize("place", ["/claim/run", "RUN"])
def test_the_work_folder_is_the_scripts_own(sandbox: Place, place: str) -> None:
    body = f"""
P = "{place}".replace("RUN", RUN)
os.makedirs(P + "/a/b")
open(P + "/a/b/x", "w").write("1"); open(P + "/a/b/x", "a").write("2"); open(P + "/a/b/x", "r+").write("3")
os.rename(P + "/a/b/x", P + "/a/y"); os.replace(P + "/a/y", P + "/z"); os.link(P + "/z", P + "/hard"); os.unlink(P + "/hard")
os.symlink(P + "/z", P + "/link"); found["read"] = open(P + "/link").read()
os.truncate(P + "/z", 1); found["size"] = len(open(P + "/z").read())
os.chmod(P + "/z", 0o600); os.utime(P + "/z"); os.rmdir(P + "/a/b")
found["left"] = sorted(os.listdir(P)); found["deep"] = os.listdir(P + "/a")
if request["looked_up"]:
    import shutil; shutil.rmtree(P + "/a"); shutil.copy(P + "/z", P + "/copy"); shutil.copytree(PLACE + "/inputs", P + "/inputs")
    assert os.path.getsize(P + "/z") == 1 and os.path.exists(P + "/inputs/a.csv")
else:
    P = RUN
    assert not os.path.exists("/claim")  # a documented gap: without mounts such a name can be opened and not looked up
    open(RUN + "/copy", "w").write(open("/claim/run/z").read())
found["copied"] = open(P + "/copy").read() + open(PLACE + "/inputs/a.csv").read()
open(P + "/copy", "w").write("again")
"""
    looked_up = sandbox.namespaces or place == "RUN"
    assert works(sandbox, body, request={"looked_up": looked_up}) == {
        "read": "32", "size": 1, "left": ["a", "link", "z"], "deep": [], "copied": "31\n",
    }  # fmt: skip


def test_links_of_its_own_can_be_removed_and_renamed(sandbox: Place) -> None:
    """Such a call means the link and not what it leads to."""
    body = """
import shutil, tempfile
with tempfile.TemporaryDirectory() as folder:
    os.symlink("/usr/bin/env", folder + "/env"); os.symlink(request["input"], folder + "/input"); os.symlink("/etc/passwd", folder + "/x")
    os.rename(folder + "/x", folder + "/y"); os.replace(folder + "/y", folder + "/env"); os.unlink(folder + "/input")
os.symlink("/usr", "there"); os.unlink("there")
found["left"] = os.listdir(".")
"""
    assert works(sandbox, body, request={"input": "/claim/inputs/a.csv"}) == {"left": []}


def test_any_executable_can_be_the_script(sandbox: Place) -> None:
    execution = completed(
        run(sandbox, '#!/bin/sh\ncat "$CLAIM_REQUEST" > observations.json\n', name="go", request=[1])
    )
    assert execution.observations == b"[1]"
    missing = run(sandbox, "#!/no/such/interpreter\n", name="go")
    assert missing.outcome is RunOutcome.MISSING_RESOURCE
    assert run(sandbox, "#!/bin/sh\nkill -SEGV $$\n", name="go").exit_code == 128 + 11


def test_the_helper_is_there(sandbox: Place) -> None:
    body = "import claim_script; found['at'] = claim_script.__file__.endswith('/helper/claim_script.py')"
    assert works(sandbox, body) == {"at": True}


def test_a_script_sees_itself_as_main(sandbox: Place) -> None:
    body = """
found.update(name=__name__, file=os.path.basename(__file__), argv=[os.path.basename(a) for a in sys.argv],
             here=open(__file__).read(3), stdin=sys.stdin.read())
"""
    assert works(sandbox, body) == {
        "name": "__main__",
        "file": "t.py",
        "argv": ["t.py"],
        "here": "imp",
        "stdin": "",
    }


def test_errors_are_shown_as_the_interpreter_shows_them(sandbox: Place) -> None:
    execution = run(sandbox, "def f():\n    raise ValueError('wrong')\nf()")
    assert (execution.outcome, execution.exit_code) == (RunOutcome.SCRIPT_FAILED, 1)
    assert execution.stderr.decode().endswith("in f\n    raise ValueError('wrong')\nValueError: wrong\n")
    syntax = run(sandbox, "def")
    assert (syntax.outcome, syntax.exit_code) == (RunOutcome.SCRIPT_FAILED, 1)
    assert b"SyntaxError" in syntax.stderr


TORCH = """
import os, torch
from torch.utils.data import DataLoader, TensorDataset
if __name__ == "__main__":
    data = TensorDataset(torch.arange(64.0))
    total = sum(float(batch.sum()) for (batch,) in DataLoader(data, batch_size=8, num_workers=2))
    layer = torch.nn.Linear(4, 1); layer(torch.ones(2, 4)).sum().backward()
    torch.save(layer.state_dict(), "x.pt"); torch.load("x.pt", weights_only=True)
    open("observations.json", "w").write(str(total))
"""


def test_torch_and_its_data_loader(sandbox: Place) -> None:
    pytest.importorskip("torch", exc_type=ImportError)
    execution = completed(run(sandbox, TORCH, wall_seconds=60, cpu_seconds=60, memory_bytes=2048 * MIB))
    assert execution.observations == b"2016.0"


def test_transformers_at_import(sandbox: Place) -> None:
    pytest.importorskip("transformers", exc_type=ImportError)
    body = """
import transformers
from transformers import BertConfig, BertModel
found["layers"] = BertModel(BertConfig(num_hidden_layers=1, hidden_size=8, num_attention_heads=1)).config.num_hidden_layers
"""
    assert works(sandbox, body, wall_seconds=90, cpu_seconds=90, memory_bytes=2048 * MIB) == {"layers": 1}


def test_pandas_and_others_at_import(sandbox: Place) -> None:
    """Whatever of these is installed; importing must be no violation."""
    names = [
        "pandas",
        "statsmodels.api",
        "matplotlib.pyplot",
        "sklearn",
        "numba",
        "faiss",
        "babel",
        "requests",
        "tqdm",
        "joblib",
    ]
    body = """
for name in request:
    try: __import__(name); found[name] = "there"
    except ImportError: pass
"""
    execution = run(sandbox, script_of(body), request=names, wall_seconds=60, cpu_seconds=60)
    assert violations(execution) == []
    assert execution.exit_code == 0, execution.stderr.decode()


def test_the_environment_is_clean(sandbox: Place) -> None:
    body = """
found.update(environment=dict(os.environ), folder=os.getcwd(), left=os.listdir("."), path=sys.path, run=RUN, place=PLACE)
found["names"] = [__import__("pwd").getpwuid(os.getuid()).pw_name if request["namespaces"] else "script"]
found["inputs"] = sorted(os.listdir(PLACE + "/inputs"))
found["ids"] = [*os.getresuid(), *os.getresgid(), *os.getgroups()]
found["open"] = []
for fd in range(1024):
    try: os.fstat(fd); found["open"].append(fd)
    except OSError: pass
try: lines = open("/proc/self/status").read().splitlines()
except OSError: lines = []
found["status"] = [l.split()[1] for l in lines if l.startswith(("CapEff", "CapPrm", "NoNewPrivs", "Seccomp:"))]
"""
    environment = {
        "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7", "MINE": "x", "PATH": "/evil", "PYTHONPATH": "/evil",
        "LD_PRELOAD": "/evil.so", "LD_LIBRARY_PATH": "/evil", "A=B": "x", "HOME": "/evil",
    }  # fmt: skip
    found = works(sandbox, body, environment=environment, request={"namespaces": sandbox.namespaces})
    variables = found["environment"]
    passed = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "LD_LIBRARY_PATH", "PWD", "_", "LC_CTYPE"}
    assert set(variables) - passed == {
        "PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH",
        "CLAIM_REQUEST", "USER", "LOGNAME", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "MINE",
    }  # fmt: skip
    assert (variables["TZ"], variables["PYTHONHASHSEED"]) == ("Asia/Tokyo", "7")
    assert (variables["HOME"], variables["PYTHONPATH"]) == (found["run"], found["place"] + "/helper")
    assert "evil" not in repr(variables)
    assert (found["folder"], found["left"], found["names"]) == (found["run"], [], ["script"])
    assert found["path"][0] == found["place"] + "/helper"
    assert str(CHECKOUT) not in found["path"]
    assert found["open"] == [0, 1, 2]
    assert found["inputs"] == ["a.csv", "b.csv"]
    assert 0 not in found["ids"]
    if found["status"]:
        assert set(found["status"][:-2]) == {"0" * 16}
        assert found["status"][-2] == "1"
    if sandbox.as_root:
        assert os.getuid() == 0
        assert min(found["ids"]) > 1000
    if sandbox.namespaces:
        assert found["run"] == "/claim/run"


def test_files_of_a_resource_are_seen_read_only_and_every_run_finds_them_fresh(sandbox: Place) -> None:
    """Times of reading must not tell a script whether it is the first that reads a file."""
    script = """
        import json, os
        request = json.load(open(os.environ["CLAIM_REQUEST"]))
        folder = request["inputs"]["set"]
        before = os.stat(folder + "/a/one.json")
        text = open(folder + "/a/one.json").read()
        fresh = before.st_atime >= before.st_mtime and before.st_size == len(text)
        names = sorted(os.listdir(folder + "/a"))
        json.dump([text, names, fresh, before.st_mode & 0o777], open("observations.json", "w"))
        """
    with tempfile.TemporaryDirectory(dir=sandbox.temporary) as name:
        folder = Path(name)
        if sandbox.harness.uid != os.getuid():
            folder.chmod(0o755)
        files = {f"set/a/{word}.json": folder / f"{word}.json" for word in ("one", "two")}
        for path in files.values():
            path.write_text("[1, 2]")
            path.chmod(0o444)
        for _ in range(2):
            execution = completed(
                run(sandbox, script, files=files, request={"inputs": {"set": "/claim/inputs/set"}})
            )
            assert json.loads(execution.observations or b"") == [
                "[1, 2]",
                ["one.json", "two.json"],
                True,
                0o444,
            ]
            assert execution.opened == ("set/a/one.json",)
        spoiling = """
            import os
            for action in (lambda: open("/claim/inputs/set/a/one.json", "w"), lambda: os.chmod("/claim/inputs/set/a/one.json", 0o666)):
                try: action()
                except OSError: pass
            """
        assert run(sandbox, spoiling, files=files).outcome is RunOutcome.POLICY_VIOLATION
        assert all(path.read_text() == "[1, 2]" for path in files.values())
        assert all(path.stat().st_mode & 0o777 == 0o444 for path in files.values())
    assert sandbox.run_folders() == set()
