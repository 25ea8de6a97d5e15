# ruff: noqa: SIM115, S103, S108 - an attacker is not tidy
"""Runs inside a room and tries to get out. Prints a JSON object: attack -> "stopped: why" or "through: what"."""

import ctypes
import errno
import json
import os
import resource
import shutil
import socket
import subprocess
from collections.abc import Callable

FACTS = json.load(open("/workspace/code/facts.json"))
OUTCOMES: dict[str, str] = {}
libc = ctypes.CDLL(None, use_errno=True)
socket.setdefaulttimeout(2)


def attack(name: str) -> Callable[[Callable[[], str]], None]:
    """The function answers what it got, or an empty text for nothing; an error is nothing as well."""

    def run(function: Callable[[], str]) -> None:
        try:
            got = function()
        except (OSError, subprocess.SubprocessError, ValueError, MemoryError) as problem:
            OUTCOMES[name] = f"stopped: {type(problem).__name__} {getattr(problem, 'strerror', '') or problem}"
        else:
            OUTCOMES[name] = f"through: {got}" if got else "stopped: nothing there"

    return run


def call(result: int) -> str:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return f"call gave {result}"


def connect(family: int, address: object) -> str:
    with socket.socket(family) as s:
        s.connect(address)  # type: ignore[arg-type]
        return s.recv(20).decode()


def make_socket(family: int, kind: int, protocol: int = 0) -> str:
    socket.socket(family, kind, protocol).close()
    return "socket made"


def write(path: str) -> str:
    with open(path, "w") as file:
        file.write("x")
    return path


def fill(folder: str, mib: int) -> str:
    name = f"{folder}/big"
    try:
        for number in range(mib // 4):  # several files, as one is bounded by the file size
            with open(f"{name}{number}", "wb") as file:
                file.write(b"x" * (4 << 20))
    finally:
        for number in range(mib // 4):
            if os.path.exists(f"{name}{number}"):
                os.unlink(f"{name}{number}")
    return f"{mib} MiB"


attack("network to the machine's loopback")(lambda: connect(socket.AF_INET, ("127.0.0.1", FACTS["port"])))
attack("network to the machine's loopback by IPv6")(
    lambda: connect(socket.AF_INET6, ("::ffff:127.0.0.1", FACTS["port"]))
)
attack("network to the machine's own IPv6 loopback")(lambda: connect(socket.AF_INET6, ("::1", FACTS["port6"])))
attack("packets to an outside IPv6 address")(
    lambda: str(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b"x", ("2001:db8::1", 53)))
)
attack("abstract socket of the machine")(lambda: connect(socket.AF_UNIX, "\0" + FACTS["abstract"]))
attack("interfaces besides loopback")(lambda: ",".join(n for _, n in socket.if_nameindex() if n != "lo"))
attack("packets to an outside address")(
    lambda: str(socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)))
)
attack("name lookup")(lambda: socket.gethostbyname("example.org"))
attack("vsock")(lambda: make_socket(40, socket.SOCK_STREAM))
attack("packet socket")(lambda: make_socket(17, socket.SOCK_RAW))
attack("crypto socket")(lambda: make_socket(38, socket.SOCK_SEQPACKET))
attack("raw socket")(lambda: make_socket(socket.AF_INET, socket.SOCK_RAW, 1))
attack("audit netlink")(lambda: make_socket(16, socket.SOCK_RAW, 9))
attack("family hidden in high bits")(lambda: call(libc.syscall(41, ctypes.c_ulong(1 << 32 | 40), 1, 0)))


@attack("files of the machine")
def _() -> str:
    names = ("/etc/shadow", "/root", "/var", "/run", "/sys", "/boot", "/srv", "/opt", "/mnt", "/dev/vda", "/dev/kvm")
    names += ("/dev/fuse", "/dev/mem", "/etc/machine-id", "/etc/resolv.conf", "/usr/local/bin", FACTS["base"])
    return ",".join(name for name in names if os.path.exists(name))


attack("another workspace")(lambda: open(FACTS["other"]).read())
attack("leaving by ..")(lambda: ",".join(set(os.listdir("/workspace/../..")) & {"root", "var", "boot", "sys"}))
attack("write the snapshot")(lambda: write("/data/person.parquet"))
attack("add to the snapshot")(lambda: write("/data/new"))
attack("rename in the snapshot")(lambda: os.rename("/data/person.parquet", "/data/x") or "renamed")
attack("change the snapshot's mode")(lambda: os.chmod("/data", 0o777) or "changed")
attack("write the code")(lambda: write("/workspace/code/script.py"))
attack("replace the code's folder")(lambda: os.rename("/workspace/code", "/workspace/old") or "renamed")
attack("write the environment")(lambda: write("/environment/x"))
attack("write to /")(lambda: write("/x"))
attack("write to /dev")(lambda: write("/dev/x"))
attack("write to /etc")(lambda: write("/etc/x"))
attack("write to /usr")(lambda: write("/usr/x"))
attack("fill /dev/shm")(lambda: fill("/dev/shm", 96))
attack("fill /tmp")(lambda: fill("/tmp", 48))
attack("fill /home")(lambda: fill("/home/researcher", 32))


@attack("environment of process 1")
def _() -> str:
    content = open("/proc/1/environ").read()
    return content if FACTS["secret"] in content or "GATEWAY" in content else ""


@attack("command line of process 1")
def _() -> str:
    content = open("/proc/1/cmdline").read()
    return content if FACTS["base"] in content else ""


attack("own environment")(lambda: ",".join(name for name in os.environ if "GATEWAY" in name))
attack("open files inherited")(
    # 3 is the listing itself
    lambda: ",".join(fd for fd in os.listdir("/proc/self/fd") if int(fd) > 3)
)
attack("processes of the machine")(
    lambda: ",".join(p for p in os.listdir("/proc") if p.isdigit() and int(p) > 40 and int(p) != os.getpid())
)


@attack("environment of another process")
def _() -> str:
    content = open(f"/proc/{FACTS['victim']}/environ").read()
    return content if FACTS["secret"] in content else ""


@attack("signal another process")
def _() -> str:
    os.kill(FACTS["victim"], 0)
    return "signalled" if "sleep" in open(f"/proc/{FACTS['victim']}/cmdline").read() else ""


def in_child(act: Callable[[], int]) -> str:
    """What succeeds changes the process, so it is tried in another one; answers whether it did."""
    child = os.fork()
    if child == 0:
        os._exit(0 if act() >= 0 else ctypes.get_errno())
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        raise OSError(code, os.strerror(code))
    return "worked"


@attack("shared memory of the machine")
def _() -> str:
    libc.shmat.restype = ctypes.c_void_p
    place = libc.shmat(FACTS["memory"], None, 0)
    return "" if place in {None, ctypes.c_void_p(-1).value} else "attached"


attack("semaphores of the machine")(lambda: call(libc.semctl(FACTS["semaphores"], 0, 12)))  # GETVAL
attack("messages of the machine")(
    # IPC_NOWAIT; the first word of the buffer is the kind of message
    lambda: call(libc.msgrcv(FACTS["messages"], ctypes.create_string_buffer(64), 32, 0, 0o4000))
)
attack("queue of the machine")(lambda: call(libc.mq_open(FACTS["queue"].encode(), os.O_RDONLY)))
attack("second name for the snapshot")(lambda: os.link("/data/person.parquet", "/workspace/person.parquet") or "linked")
attack("device in the output")(lambda: os.mknod("/workspace/disk", 0o60666, os.makedev(254, 0)) or "made")
attack("nested user namespace")(lambda: in_child(lambda: int(libc.unshare(0x10000000))))
attack("nested namespace by clone")(lambda: in_child(lambda: int(libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0))))
attack("clone3")(lambda: call(libc.syscall(435, 0, 0)))
attack("mount")(lambda: call(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)))
attack("remount the snapshot")(lambda: call(libc.mount(b"none", b"/data", None, 32 | 4096, None)))
attack("unmount the code")(lambda: call(libc.umount2(b"/workspace/code", 2)))
attack("new mount calls")(lambda: call(libc.syscall(428, -100, b"/data", 1)))
attack("chroot")(lambda: call(libc.chroot(b"/tmp")))
attack("keyring")(lambda: call(libc.syscall(250, 0, -3, 1, 0, 0)))
attack("bpf")(lambda: call(libc.syscall(321, 0, None, 0)))
attack("io_uring")(lambda: call(libc.syscall(425, 8, ctypes.create_string_buffer(256))))
attack("userfaultfd")(lambda: call(libc.syscall(323, 1)))
attack("perf")(lambda: call(libc.syscall(298, None, 0, -1, -1, 0)))
attack("kernel log")(lambda: call(libc.klogctl(3, ctypes.create_string_buffer(64), 64)))
attack("handle to any file")(lambda: call(libc.syscall(304, -100, None, 0)))


@attack("ptrace")
def _() -> str:
    child = subprocess.Popen(["sleep", "5"])
    try:
        return call(libc.ptrace(16, child.pid, 0, 0))
    finally:
        child.kill()
        child.wait()


@attack("become root")
def _() -> str:
    done = subprocess.run(["/usr/bin/su", "-c", "id"], capture_output=True, stdin=subprocess.DEVNULL, check=False)
    return "" if done.returncode else "su worked"


attack("uid 0")(lambda: os.setuid(0) or "root")


@attack("capabilities")
def _() -> str:
    status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
    held = [name for name in ("CapEff", "CapPrm", "CapInh", "CapAmb") if int(status[name], 16)]
    return ",".join(held) or ("" if status["NoNewPrivs"] == "1" else "may gain privileges")


@attack("raise own limits")
def _() -> str:
    for kind in (resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_CPU):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (hard * 2, hard * 2))
    return "raised"


@attack("leave the control group")
def _() -> str:
    return ",".join(open("/proc/self/mountinfo").read().split()) if "cgroup" in open("/proc/mounts").read() else ""


@attack("kernel settings")
def _() -> str:
    return write("/proc/sys/kernel/hostname")


@attack("terminal injection")
def _() -> str:
    import fcntl
    import termios

    with open("/dev/tty", "rb") as terminal:
        fcntl.ioctl(terminal, termios.TIOCSTI, b"x")
    return "injected"


@attack("terminal injection by system call")
def _() -> str:
    """On a terminal of one's own; a kernel that refuses it by itself (EIO) was asked: the filter let it through."""
    import fcntl
    import pty
    import termios

    def inject() -> int:
        os.setsid()
        _, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        code = libc.ioctl(terminal, termios.TIOCSTI, b"x")
        return 0 if code >= 0 or ctypes.get_errno() == errno.EIO else -1

    return in_child(inject)


@attack("setuid programs")
def _() -> str:
    """A mount on which a program's owner counts when it is executed; in a room nothing is mounted like that."""
    lines = [line.split() for line in open("/proc/self/mountinfo").read().splitlines()]
    return ",".join(line[4] for line in lines if "nosuid" not in line[5].split(","))


@attack("setuid program of one's own")
def _() -> str:
    shutil.copyfile("/usr/bin/id", "/workspace/id")
    os.chmod("/workspace/id", 0o6755)
    done = subprocess.run(["/workspace/id", "-u"], capture_output=True, text=True, check=False)
    os.unlink("/workspace/id")
    return done.stdout.strip() if done.stdout.strip() != str(os.getuid()) else ""


print(json.dumps(OUTCOMES))
