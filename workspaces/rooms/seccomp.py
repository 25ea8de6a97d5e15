"""The system-call filter of a room: what data analysis never needs is refused.

A second layer behind the namespaces. Allow by default, so that new libraries keep working; sockets by allow list,
because address families such as vsock reach past a network namespace.
Needs libseccomp2 (Debian) and pyseccomp.
"""

import errno
import os
from functools import cache

import pyseccomp

# Refused with EPERM, so that a library which only tries them carries on.
FORBIDDEN = (
    *("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "process_madvise"),
    *("mount", "umount2", "pivot_root", "chroot", "setns", "unshare", "swapon", "swapoff"),
    *("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot"),
    *("bpf", "perf_event_open", "userfaultfd", "fanotify_init", "lookup_dcookie"),
    *("add_key", "request_key", "keyctl", "syslog", "acct", "quotactl", "quotactl_fd", "uselib"),
    *("modify_ldt", "iopl", "ioperm", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex"),
    *("sethostname", "setdomainname", "open_by_handle_at", "name_to_handle_at", "vhangup", "nfsservctl"),
    *("io_uring_setup", "io_uring_enter", "io_uring_register", "personality", "migrate_pages", "move_pages"),
)
# Refused with ENOSYS: callers fall back (glibc from clone3 to clone, whose flags can be looked at here).
# By number too, since they are the same on every architecture and older libseccomp does not know the names.
ABSENT = {
    **{"open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433},
    **{"clone3": 435, "mount_setattr": 442, "statmount": 457, "listmount": 458, "open_tree_attr": 467},
}
NAMESPACE_FLAGS = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)  # CLONE_NEW*
TERMINAL_INJECTION = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
UNIX, INET, INET6, NETLINK = 1, 2, 10, 16
FAMILIES = 64  # no family has a higher number; higher register values are refused as a range


@cache
def program() -> bytes:
    """The filter as BPF for `bwrap --seccomp`; a foreign instruction set is killed by libseccomp's default."""
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    _refuse_calls(rules)
    _refuse_arguments(rules)
    with open(os.memfd_create("filter"), "w+b") as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _refuse_calls(rules: "pyseccomp.SyscallFilter") -> None:
    for name in FORBIDDEN:
        number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
        if number >= 0:  # negative: this architecture has no such call
            rules.add_rule(pyseccomp.ERRNO(errno.EPERM), number)
    for number in ABSENT.values():
        rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), number)


def _refuse_arguments(rules: "pyseccomp.SyscallFilter") -> None:
    argument, masked = pyseccomp.Arg, pyseccomp.MASKED_EQ
    for flag in NAMESPACE_FLAGS:
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "clone", argument(0, masked, flag, flag))
    for request in TERMINAL_INJECTION:
        rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "ioctl", argument(1, masked, 0xFFFFFFFF, request))
    no_family = pyseccomp.ERRNO(errno.EAFNOSUPPORT)
    for family in set(range(FAMILIES)) - {UNIX, INET, INET6, NETLINK}:
        rules.add_rule(no_family, "socket", argument(0, pyseccomp.EQ, family))
    rules.add_rule(no_family, "socket", argument(0, pyseccomp.GE, FAMILIES))
    # Of netlink only routing (0), which getifaddrs() needs; the rest is kernel surface.
    rules.add_rule(no_family, "socket", argument(0, pyseccomp.EQ, NETLINK), argument(2, pyseccomp.NE, 0))
