"""`tre` in this process: what it prints, and that nothing of ours ever shows as a traceback."""

from typing import Any

from click.testing import CliRunner, Result

from gateway.cli.main import main

NOWHERE = {"TRE_URL": "http://127.0.0.1:9", "TRE_TOKEN": "", "TRE_FOLDER": "", "TRE_SECRET_KEY": "", "TRE_AS": ""}


def tre(*arguments: str, environment: dict[str, str] | None = None, **extra: Any) -> Result:
    """One command; without an environment, it reaches no gateway and no database."""
    ran = CliRunner().invoke(main, list(arguments), env={**NOWHERE, **(environment or {})}, **extra)
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    assert "Traceback" not in ran.output
    return ran
