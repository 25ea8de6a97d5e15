"""What browsers get is what was reviewed: each vendored file has the digest of the lock, and none reaches out."""

import hashlib
import json
from pathlib import Path

import pytest

import gateway

VENDOR = Path(gateway.__file__).parent / "web/static/vendor"
LOCK: dict[str, str] = json.loads((VENDOR / "lock.json").read_text())


def test_the_lock_names_every_vendored_file() -> None:
    files = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}
    assert files - {"lock.json", "NOTICE"} == set(LOCK)


@pytest.mark.parametrize("name", LOCK)
def test_each_file_is_as_locked_and_stays_on_this_host(name: str) -> None:
    data = (VENDOR / name).read_bytes()
    assert hashlib.sha256(data).hexdigest() == LOCK[name]
    if name.endswith(".css"):
        assert b"@font-face" not in data
        assert b"url(/" not in data
        assert b"http" not in data
