"""Folders of work in progress: gone with it, also when its process was killed; another's stays."""

import subprocess
import sys
from pathlib import Path

import pytest

from workspaces.scratch import scratch_folder

HOLD = """
import pathlib, sys, time
from workspaces.scratch import scratch_folder
with scratch_folder(pathlib.Path(sys.argv[1])) as folder:
    (folder / "room").mkdir()
    (folder / "room" / "numbers").write_text("9990000018")
    (folder / "room").chmod(0o500)
    print(folder, flush=True)
    time.sleep(60)
"""


def folders(place: Path) -> list[Path]:
    return [each for each in place.iterdir() if each.is_dir()]


def test_gone_after_the_work_and_after_an_error(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as folder:
        (folder / "a").mkdir()
        (folder / "a").chmod(0o500)
        assert folder.stat().st_mode & 0o777 == 0o700
    with pytest.raises(KeyError), scratch_folder(tmp_path):
        raise KeyError
    assert folders(tmp_path) == []


def test_what_a_killed_process_left_goes_with_the_next_and_a_living_ones_stays(tmp_path: Path) -> None:
    owners = [
        subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    killed, living = (Path(owner.stdout.readline().strip()) for owner in owners if owner.stdout)
    owners[0].kill()
    owners[0].wait()
    assert killed.is_dir()
    with scratch_folder(tmp_path) as folder:
        assert set(folders(tmp_path)) == {living, folder}
    owners[1].kill()
    for owner in owners:
        owner.wait()
        assert owner.stdout
        owner.stdout.close()
