"""Nothing that could hold a person's row survives a purge, in whatever dress; notes in words do."""

import base64
import gzip
import os
import pickle
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workspaces.catalogue.errors import Invalid
from workspaces.rooms.purging import Purged, purge

PEOPLE = 500
DRESSES = {
    "csv": lambda rows: "".join(f"{person},{word}\n" for person, word in rows).encode(),
    "pickle": pickle.dumps,
    "pickle in text": lambda rows: pickle.dumps(rows, protocol=0),
    "gzip": lambda rows: gzip.compress(repr(rows).encode()),
    "base64": lambda rows: base64.b64encode(pickle.dumps(rows)),
    "json as floats": lambda rows: repr([[float(person), word] for person, word in rows]).encode(),
}


@pytest.mark.parametrize("dress", DRESSES)
@settings(max_examples=25)
@given(rows=st.lists(st.tuples(st.integers(1, PEOPLE), st.text("abcdef ", max_size=9)), min_size=1, max_size=30))
def test_rows_go_in_any_dress_and_under_any_name(dress: str, rows: list[tuple[int, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(os.path.realpath(folder))
        (place / "a" / "b").mkdir(parents=True)
        (place / "a" / "b" / "notes").write_bytes(DRESSES[dress](rows))
        assert purge(place, people=PEOPLE).kept == 0
        assert list(place.iterdir()) == []


def test_scripts_and_notes_in_words_stay(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "count.py").write_text("print(7)")
    (tmp_path / "README").write_text("Counts come from the council; see the 999th page.")
    assert purge(tmp_path, people=PEOPLE) == Purged({}, 1)
    assert purge(tmp_path, people=PEOPLE) == Purged({}, 1)
    assert (tmp_path / "code" / "count.py").is_file()


def test_names_hidden_marks_and_closed_folders_hide_nothing(tmp_path: Path) -> None:
    (tmp_path / "17").mkdir()
    (tmp_path / "17" / "words").write_text("in the folder's name")
    (tmp_path / "patient-17").write_text("in its own name")
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "rows").write_text("17")
    (closed / "rows").chmod(0)
    closed.chmod(0)
    marked = tmp_path / "marked"
    marked.write_text("words")
    try:
        os.setxattr(marked, "user.person", b"17")
    except OSError:
        marked.write_text("17")  # a disk without such marks
    assert purge(tmp_path, people=PEOPLE).kept == 0
    assert list(tmp_path.iterdir()) == []


def test_a_link_goes_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    outside, room = tmp_path / "outside", tmp_path / "room"
    (outside / "deep").mkdir(parents=True)
    outside.chmod(0o711)
    (outside / "deep" / "rows").write_text("17")
    room.mkdir()
    (room / "folder").symlink_to(outside)
    (room / "file").symlink_to(outside / "deep" / "rows")
    os.mkfifo(room / "pipe")
    assert purge(room, people=PEOPLE) == Purged({"link or channel": 3}, 0)
    assert (outside / "deep" / "rows").read_text() == "17"
    assert outside.stat().st_mode & 0o777 == 0o711
    (tmp_path / "other").symlink_to(room)
    with pytest.raises(Invalid):
        purge(tmp_path / "other", people=PEOPLE)
