"""The shipped units and configuration: read by the programs that will read them."""

import shutil
import subprocess
from pathlib import Path

import pytest

SHIPPED = Path(__file__).parents[2] / "infra" / "deployment"


@pytest.mark.parametrize("unit", sorted(path.name for path in SHIPPED.glob("*.service")))
def test_systemd_understands_the_unit(tmp_path: Path, unit: str) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd is not here")
    text = (SHIPPED / unit).read_text(encoding="utf-8")
    program = next(line for line in text.splitlines() if line.startswith("ExecStart=")).split("=")[1].split()[0]
    (tmp_path / unit).write_text(text.replace(program, shutil.which("true") or "/bin/true"), encoding="utf-8")
    said = subprocess.run([analyze, "verify", str(tmp_path / unit)], capture_output=True, text=True)
    ours = [line for line in said.stderr.splitlines() if unit in line and "Failed to" not in line]
    assert ours == []


def test_a_misspelt_unit_would_be_seen(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd is not here")
    (tmp_path / "x.service").write_text("[Service]\nExecStart=/bin/true\nProtectSytem=strict\n", encoding="utf-8")
    said = subprocess.run([analyze, "verify", str(tmp_path / "x.service")], capture_output=True, text=True)
    assert "ProtectSytem" in said.stderr


def test_pages_and_worker_run_without_privilege() -> None:
    for unit in ("tre-serve.service", "tre-work.service"):
        text = (SHIPPED / unit).read_text(encoding="utf-8")
        for line in ("User=tre-gateway", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict"):
            assert f"\n{line}\n" in text, unit
