"""The collector is back on afterwards, whatever happened, and stays off where it was off."""

import gc

import pytest

from disclosure.collector import paused_collector


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
