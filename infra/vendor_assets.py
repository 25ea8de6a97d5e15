"""Bring the compiled NHS.UK frontend into gateway/web/static/vendor: `python -m infra.vendor_assets [--update]`.

`npm pack` fetches one tarball and runs no install script. Two changes are made: the `@font-face` rules go
(the font is not openly licensed and the stock rules fetch it from the network; the stack falls back to
Arial), and icon paths become relative. What is written is pinned by SHA-256; a difference is refused unless
`--update` says that it is meant.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSION = "10.6.1"
VENDOR = Path(__file__).parents[1] / "gateway/web/static/vendor"
LOCK = VENDOR / "lock.json"
_DIST = "package/dist/nhsuk"
_FOLDER = f"nhsuk-frontend-{VERSION}"
WANTED: dict[str, str] = {
    f"{_DIST}/nhsuk-frontend-{VERSION}.min.css": f"{_FOLDER}/nhsuk-frontend.min.css",
    f"{_DIST}/nhsuk-frontend-{VERSION}.min.js": f"{_FOLDER}/nhsuk-frontend.min.js",
    **{
        f"{_DIST}/assets/images/nhsuk-icon-{name}.svg": f"{_FOLDER}/images/nhsuk-icon-{name}.svg"
        for name in ("arrow-down", "arrow-up", "arrow-up-down", "cross")
    },
}
_FONT_FACE = re.compile(rb"@font-face\{[^}]*\}")
_SOURCE_MAP = re.compile(rb"(/\*# sourceMappingURL=\S+ \*/|//# sourceMappingURL=\S+)\s*")


def cleaned(name: str, data: bytes) -> bytes:
    """The file as we serve it: no fonts, no source maps, no address outside this host."""
    data = _SOURCE_MAP.sub(b"", data)
    if name.endswith(".css"):
        data = _FONT_FACE.sub(b"", data).replace(b"/assets/images/", b"images/")
        if b"http:" in data or b"https:" in data:
            raise SystemExit(f"{name}: still names an outside address")
    return data


def packed(folder: Path) -> dict[str, bytes]:
    """The wanted files out of the npm tarball, by their vendored names."""
    npm = ["npm", "pack", "--silent", f"nhsuk-frontend@{VERSION}"]
    subprocess.run(npm, cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    found = {}
    with tarfile.open(next(folder.glob("*.tgz"))) as tar:
        for source, name in WANTED.items():
            member = tar.extractfile(source)
            if member is None:
                raise SystemExit(f"{source}: not a file in the package")
            found[name] = cleaned(name, member.read())
    return found


def main() -> int:
    """Fetch, clean, compare with the lock, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write a new lock")
    update = parser.parse_args().update
    with tempfile.TemporaryDirectory() as folder:
        files = packed(Path(folder))
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    if not update and digests != json.loads(LOCK.read_text()):
        print("The package differs from lock.json; nothing was written.", file=sys.stderr)
        return 1
    for name, data in files.items():
        (VENDOR / name).parent.mkdir(parents=True, exist_ok=True)
        (VENDOR / name).write_bytes(data)
    LOCK.write_text(json.dumps(digests, indent=2) + "\n")
    print(f"{len(files)} files in {VENDOR}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
