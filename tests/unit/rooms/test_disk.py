import mmap
import os
from pathlib import Path

import pytest

from workspaces.rooms import disk
from workspaces.rooms.base import Limits


def test_usage_counts_what_is_on_disk(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"x" * 10_000)
    (tmp_path / "away").symlink_to("/usr")

    total, entries = disk.usage(tmp_path)
    assert 10_000 <= total <= 50_000
    assert entries == 3


def test_usage_of_a_folder_that_cannot_be_opened_is_endless(tmp_path: Path) -> None:
    os.chdir(tmp_path)
    try:
        for _ in range(40):  # deeper than any path may be long
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
    finally:
        os.chdir("/")
    assert disk.usage(tmp_path)[0] > 1 << 60


def test_unlinked_files_count_while_they_are_held(tmp_path: Path) -> None:
    """This process is its own room here: what it holds is what is found."""
    device = tmp_path.stat().st_dev
    before = disk.unlinked(os.getpid(), device=device)
    with open(tmp_path / "open", "w+b") as file:
        file.write(b"x" * 200_000)
        file.flush()
        assert disk.unlinked(os.getpid(), device=device) == before
        os.unlink(tmp_path / "open")
        assert 200_000 <= disk.unlinked(os.getpid(), device=device) - before < 300_000
        mapping = mmap.mmap(file.fileno(), 200_000)
    with mapping:
        assert 200_000 <= disk.unlinked(os.getpid(), device=device) - before < 300_000
    assert disk.unlinked(os.getpid(), device=device) == before


def test_a_nearly_full_disk_ends_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not disk.over(tmp_path, Limits(), init=None)
    monkeypatch.setattr(disk, "RESERVE", 1 << 60)
    assert disk.over(tmp_path, Limits(), init=None)


def test_a_process_that_is_gone_holds_nothing() -> None:
    assert disk.unlinked(1 << 22, device=0) == 0
