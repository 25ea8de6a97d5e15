"""The collector is back on afterwards, whatever happened, and stays off where it was off."""

import gc
import os

import pytest

from disclosure.collector import loaded_plainly, paused_collector


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


def test_nobody_elses_code_is_looked_for_while_it_is_loaded(monkeypatch) -> None:
    for before in (None, "one"):
        monkeypatch.delenv("PYDANTIC_DISABLE_PLUGINS", raising=False)
        if before:
            monkeypatch.setenv("PYDANTIC_DISABLE_PLUGINS", before)
        with loaded_plainly():
            assert not gc.isenabled()
            assert os.environ["PYDANTIC_DISABLE_PLUGINS"] == "__all__"
        assert gc.isenabled()
        assert os.environ.get("PYDANTIC_DISABLE_PLUGINS") == before
