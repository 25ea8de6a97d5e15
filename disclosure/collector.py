"""What costs time and gives nothing while very many objects are made, or many modules loaded: set aside meanwhile."""

import atexit
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType

_PLUGINS = "PYDANTIC_DISABLE_PLUGINS"


@contextmanager
def paused_collector() -> Iterator[None]:
    """No collection inside. It walks every object there is each time their number has grown by some hundreds.

    A release of 44,880 cells spends half of its description on that. Where the collector is off already, it stays off.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def loaded(module: str) -> ModuleType:
    """The module, loaded plainly where it is not yet."""
    if module not in sys.modules:
        with _plainly():
            import_module(module)
    return sys.modules[module]


@contextmanager
def _plainly() -> Iterator[None]:
    """No collection inside, and no search for pydantic's plugins, which reads the metadata of every installed package.

    Requests are then looked at by nobody else's code; models that are made elsewhere find their plugins as before. What
    was loaded stays until the process ends, so that the collector is told not to walk it before.
    """
    before = os.environ.get(_PLUGINS)
    os.environ[_PLUGINS] = "__all__"
    try:
        with paused_collector():
            yield
            gc.freeze()
            atexit.register(gc.unfreeze)  # extensions look then whether all of theirs is gone
    finally:
        if before is None:
            del os.environ[_PLUGINS]
        else:
            os.environ[_PLUGINS] = before
