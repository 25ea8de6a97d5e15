"""The collector is back on afterwards, whatever happened, and stays off where it was off."""

import gc
import os
import subprocess
import sys

import pytest

from disclosure.collector import loaded, paused_collector


def broken() -> None:
    with paused_collector():
        assert not gc.isenabled()
        raise ValueError("inside")


def test_it_is_back_on_after_an_error() -> None:
    with pytest.raises(ValueError, match="inside"):
        broken()
    assert gc.isenabled()


def test_it_stays_off_where_it_was_off() -> None:
    gc.disable()
    try:
        with paused_collector():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize("before", [None, "one"])
def test_nobody_elses_code_is_looked_for_while_a_module_is_loaded(before, monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("PYDANTIC_DISABLE_PLUGINS", raising=False)
    if before:
        monkeypatch.setenv("PYDANTIC_DISABLE_PLUGINS", before)
    name = f"loaded_for_a_test_{before}"
    (tmp_path / f"{name}.py").write_text("import gc, os\nSAW = gc.isenabled(), os.environ['PYDANTIC_DISABLE_PLUGINS']")
    monkeypatch.syspath_prepend(tmp_path)
    assert loaded(name).SAW == (False, "__all__")
    assert gc.isenabled()
    assert os.environ.get("PYDANTIC_DISABLE_PLUGINS") == before


def test_what_is_loaded_is_set_aside_once() -> None:
    frozen = (
        "import gc, disclosure; disclosure.price; print(gc.get_freeze_count()); waste = [[] for _ in range(9999)]; "
    )
    frozen += "disclosure.price; print(gc.get_freeze_count())"
    said = subprocess.run([sys.executable, "-c", frozen], capture_output=True, text=True, check=True).stdout.split()
    assert int(said[0]) > 10_000
    assert int(said[1]) <= int(said[0])
