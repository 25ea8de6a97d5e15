"""How the sampler library is used: its proven part alone, nothing of it stored, its slow courtesy off."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(
    path for top in ("gateway", "workspaces", "disclosure", "infra") for path in (ROOT / top).rglob("*.py")
)
PEERS = ROOT / "infra" / "bench"  # measures other libraries against ours, on made-up people


def calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]


def called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_only_features_with_a_proof_are_enabled() -> None:
    """`honest-but-curious` lets code vouch for itself, `idealized-numerics` ignores the holes between floats."""
    enabled = [
        (path.relative_to(ROOT).as_posix(), [ast.literal_eval(each) for each in call.args])
        for path in SHIPPED
        if not path.is_relative_to(PEERS)
        for call in calls(path)
        if called(call) == "enable_features"
    ]
    assert enabled == [("disclosure/noise.py", ["contrib"])]
    named = [
        path
        for path in SHIPPED
        for feature in ("honest-but-curious", "idealized-numerics", "floating-point")
        if f'"{feature}"' in path.read_text(encoding="utf-8")
    ]
    assert named == []


def test_nothing_that_holds_exact_numbers_is_stored() -> None:
    """A serialised queryable holds the private vector; a pickled one is a copy of it."""
    stored = {"serialize", "deserialize", "pickle", "dumps_pickle", "Queryable", "queryable"}
    for path in (ROOT / "disclosure").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not stored & {called(call) for call in calls(path)}, path
        for module in ("import pickle", "import marshal", "import shelve", "opendp.combinators", "opendp.prelude"):
            assert module not in text, (path, module)


def test_the_sampler_asks_for_no_backtrace_and_is_left_alone_until_a_draw() -> None:
    """Set before the library is loaded, or each refused constructor takes a tenth of a second."""
    code = (
        "import os, sys; os.environ.pop('RUST_LIB_BACKTRACE', None); import disclosure; "
        "loaded = 'opendp' in sys.modules; import disclosure.noise; "
        "print(loaded, os.environ['RUST_LIB_BACKTRACE'])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "0"]
    body = ast.parse((ROOT / "disclosure" / "noise.py").read_text(encoding="utf-8")).body
    first = next(
        i for i, node in enumerate(body) if isinstance(node, ast.ImportFrom) and "opendp" in (node.module or "")
    )
    assert any("RUST_LIB_BACKTRACE" in ast.dump(node) for node in body[:first])


def test_one_draw_hands_its_numbers_to_the_noise_once() -> None:
    """A second call would be a second draw for the price of one, or exact numbers beside noisy ones."""
    found = [
        path for path in (ROOT / "disclosure").rglob("*.py") for call in calls(path) if called(call) == "add_noise"
    ]
    assert [path.relative_to(ROOT).as_posix() for path in found] == ["disclosure/release.py"]
