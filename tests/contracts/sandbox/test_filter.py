"""The system call filter answers as documented, on every machine that it is made for."""

from __future__ import annotations

import struct

import pytest

from harness.sandbox.seccomp import (
    ATTRIBUTES,
    AUDIT_ARCH,
    CLONE,
    DENIED,
    IOCTL,
    LAST_KNOWN,
    OTHERS,
    PATHS,
    PERSONALITY,
    PRCTL,
    SCHEDULING,
    SOCKET,
    SOCKETPAIR,
    Filter,
    denied_names,
    looked_at,
    program,
    supported,
)

ALLOW, DENY, ABSENT, KILL, ASK = 0x7FFF0000, 0x50001, 0x50026, 0x80000000, 0x7FC00000
FILTERS = [
    Filter(listener=listener, namespaces=namespaces)
    for listener in (True, False)
    for namespaces in (True, False)
]


def evaluate(filter_program: bytes, arch: int, number: int, arguments: tuple[int, ...] = ()) -> int:
    """What a filter answers: an interpreter of its few instructions, so that any machine can check it."""
    data = struct.pack("=IIQ6Q", number, arch, 0, *arguments, *[0] * (6 - len(arguments)))
    steps = list(struct.iter_unpack("=HBBI", filter_program))
    position, loaded = 0, 0
    while True:
        operation, if_true, if_false, value = steps[position]
        position += 1
        if operation == 0x06:
            return value
        if operation == 0x20:
            (loaded,) = struct.unpack_from("=I", data, value)
            continue
        if operation == 0x54:
            loaded &= value
            continue
        holds = {0x15: loaded == value, 0x25: loaded > value, 0x35: loaded >= value, 0x45: loaded & value}
        position += if_true if holds[operation] else if_false


@pytest.fixture(params=[(machine, wanted) for machine in AUDIT_ARCH for wanted in FILTERS], ids=str)
def case(request: pytest.FixtureRequest) -> tuple[int, int, bytes, Filter]:
    """Column of the tables, architecture, program, and what was wanted."""
    machine, wanted = request.param
    return list(AUDIT_ARCH).index(machine), AUDIT_ARCH[machine], program(wanted, machine), wanted


def test_denied_calls_are_denied(case: tuple[int, int, bytes, Filter]) -> None:
    column, arch, code, wanted = case
    denied = [numbers[column] for numbers in DENIED.values() if numbers[column] is not None]
    assert {evaluate(code, arch, number) for number in denied} == {ASK if wanted.listener else DENY}
    assert len(denied) == len(set(denied))


def test_looked_at_calls_wait_only_for_a_listener(case: tuple[int, int, bytes, Filter]) -> None:
    column, arch, code, wanted = case
    machine = list(AUDIT_ARCH)[column]
    numbers = looked_at(wanted, machine)
    named = {OTHERS["sendmsg"][column]}
    for number in numbers.keys() - named:
        assert evaluate(code, arch, number) == (ASK if wanted.listener else ALLOW), numbers[number]
    # The starting program hands its listener over by descriptor 0.
    assert evaluate(code, arch, OTHERS["sendmsg"][column] or 0, (0,)) == ALLOW
    assert evaluate(code, arch, OTHERS["sendmsg"][column] or 0, (3,)) == (ASK if wanted.listener else ALLOW)
    for name, pair in SCHEDULING.items():
        seen = wanted.listener and not wanted.namespaces
        assert evaluate(code, arch, pair[column] or 0) == (ASK if seen else ALLOW), name


def test_foreign_and_unknown_calls(case: tuple[int, int, bytes, Filter]) -> None:
    column, arch, code, _ = case
    assert evaluate(code, arch ^ 1, 0) == KILL
    assert evaluate(code, 0x40000003, 20) == KILL  # i386
    assert (
        evaluate(code, arch, 435)
        == evaluate(code, arch, LAST_KNOWN + 1)
        == evaluate(code, arch, 1000)
        == ABSENT
    )
    assert evaluate(code, arch, 0x40000001) == (KILL if column == 0 else ABSENT)


def test_ordinary_calls_go_through(case: tuple[int, int, bytes, Filter]) -> None:
    column, arch, code, _ = case
    ordinary = ((0, 1, 3, 9, 59, 60, 202, 231, 4, 5, 8), (63, 64, 57, 222, 221, 93, 94, 98, 80, 62, 79))[
        column
    ]
    assert {evaluate(code, arch, number) for number in ordinary} == {ALLOW}
    assert evaluate(code, arch, CLONE[column], (0x3D0F00,)) == ALLOW  # what a thread is made with
    assert evaluate(code, arch, CLONE[column], (0x4111,)) == ALLOW  # vfork
    assert evaluate(code, arch, IOCTL[column], (0, 0x5401)) == ALLOW
    assert evaluate(code, arch, PRCTL[column], (15,)) == ALLOW
    assert {evaluate(code, arch, PERSONALITY[column], (value,)) for value in (0, 0xFFFFFFFF)} == {ALLOW}


def test_arguments_that_are_denied(case: tuple[int, int, bytes, Filter]) -> None:
    column, arch, code, wanted = case
    no = ASK if wanted.listener else DENY
    for call in (SOCKET[column], SOCKETPAIR[column]):
        assert {evaluate(code, arch, call, (family, 1)) for family in (0, 2, 10, 16, 17, 38, 40)} == {no}
        for flags in (0, 0o2000000, 0o4000):
            assert evaluate(code, arch, call, (1, 1 | flags)) == ALLOW
            assert evaluate(code, arch, call, (1, 5 | flags)) == ALLOW
            # A datagram socket can name its receiver each time; without a namespace nothing hides the receivers.
            for kind in (2, 3):
                assert evaluate(code, arch, call, (1, kind | flags)) == (ALLOW if wanted.namespaces else no)
    namespaces = (17, 25, 26, 27, 28, 29, 30)
    assert {evaluate(code, arch, CLONE[column], (1 << bit | 17,)) for bit in namespaces} == {no}
    assert {evaluate(code, arch, IOCTL[column], (0, request)) for request in (0x5412, 0x541C)} == {no}
    assert evaluate(code, arch, PRCTL[column], (4,)) == no
    assert evaluate(code, arch, PERSONALITY[column], (0x40000,)) == no
    # The kernel ignores the high half of these arguments, and so must the filter.
    assert evaluate(code, arch, SOCKET[column], (2 | 1 << 32, 1)) == no
    assert evaluate(code, arch, CLONE[column], (1 << 28 | 1 << 40,)) == no


def test_the_tables_do_not_contradict_each_other() -> None:
    for column, machine in enumerate(AUDIT_ARCH):
        tables = (DENIED, PATHS, ATTRIBUTES, OTHERS, SCHEDULING)
        numbers = [row[column] for table in tables for row in table.values() if row[column] is not None]
        numbers += [call[column] for call in (CLONE, IOCTL, PERSONALITY, PRCTL, SOCKET, SOCKETPAIR)]
        assert len(numbers) == len(set(numbers))
        assert max(numbers) <= LAST_KNOWN
        assert not set(denied_names(machine)) & set(
            looked_at(Filter(listener=True, namespaces=False), machine)
        )


def test_the_program_is_short_enough_for_the_kernel(case: tuple[int, int, bytes, Filter]) -> None:
    _, _, code, _ = case
    steps = list(struct.iter_unpack("=HBBI", code))
    assert len(steps) <= 4096
    assert steps[-1][0] == 0x06
    for position, (operation, if_true, if_false, _) in enumerate(steps):
        if operation & 7 == 5:
            assert position + 1 + max(if_true, if_false) < len(steps)


def test_other_machines_are_not_supported() -> None:
    assert supported("x86_64")
    assert supported("aarch64")
    assert not supported("riscv64")
    with pytest.raises(KeyError):
        program(Filter(listener=True, namespaces=True), "riscv64")
