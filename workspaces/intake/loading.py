"""One load: receive the files, screen every row, put what is good into the vault."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from workspaces.catalogue.legal_codes import VERSION
from workspaces.engine import Bounds, open_engine, quiet
from workspaces.intake import delimited
from workspaces.intake.codes import create_maps, mapping_version
from workspaces.intake.deliveries import STAGING, Delivery, Limits, fingerprint
from workspaces.intake.erasing import strip
from workspaces.intake.formats import FORMATS
from workspaces.intake.quality import Figures, judge, measure
from workspaces.intake.screening import Screened, screen
from workspaces.intake.sources import Source
from workspaces.intake.vault import COLUMNS, Load, Vault

STEPS = ("looking at the files", "reading and screening every row", "putting rows into the vault")


@dataclass(frozen=True)
class LoadReport:
    """What became of one delivery. Exact numbers: for IG officers and auditors only (privacy model P9).

    `rows` kept by table of the vault, `quarantined` rows of the source by reason, `unsupported` rows by kind,
    `legal_codes` the version of the list by which restricted codes were dropped, `quality` what `measure` found.
    """

    source: Source
    digest: str
    already_loaded: bool
    rows: dict[str, int]
    quarantined: dict[str, int]
    unsupported: dict[str, int]
    alarms: tuple[str, ...]
    legal_codes: str = ""
    quality: Figures = field(default_factory=dict)


def load(
    *,
    source: Source,
    folder: Path,
    vault: Vault,
    clock: Callable[[], datetime],
    limits: Limits | None = None,
    progress: Callable[[str], object] = lambda _: None,
) -> LoadReport:
    """Load the delivery in `folder`; the same bytes twice change nothing, a later load supersedes the earlier.

    `progress` hears each of `STEPS` as it begins. Killed anywhere and called again, a load begins anew.
    Raises `Invalid` for a missing or malformed manifest, file or column; nothing is then in the vault.
    """
    limits = limits or Limits()
    progress(STEPS[0])
    delivery = FORMATS[source.format].receive(folder, source, limits)
    digest = _digest(delivery)
    held = vault.find(digest)
    if held is not None:
        return _report(source, held, already_loaded=True)
    with vault.scratch() as scratch:
        progress(STEPS[1])
        kept = scratch / "load"
        kept.mkdir(mode=0o700)
        with quiet(
            code="intake:unreadable",
            sentence=f"The delivery of {source.organisation} ({source.format}) cannot be read.",
            next_step="Send it again; if it is right, report this as a defect.",
        ):
            screened, measured = _screen(delivery, folder, scratch, kept, limits)
        progress(STEPS[2])
        with vault.held():  # who is erased from here on is taken out of this load as of every other
            figures = judge(measured, _last_figures(vault, source), delivery.extract_date)
            erased = strip(vault, kept, scratch)
            facts = _facts(delivery, digest, screened, clock())
            published = vault.publish(kept, {**facts, "quality": figures, "erased": erased})
    return _report(source, published, already_loaded=False)


def _digest(delivery: Delivery) -> str:
    described = {
        "source": delivery.source.describe(),
        "mapping": mapping_version(),
        "files": [[path.name, fingerprint(path)] for path in delivery.paths()],
    }
    return sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


def _last_figures(vault: Vault, source: Source) -> Figures | None:
    """How good the load was that this one supersedes."""
    key = (source.organisation, source.format.value)
    return next((load.quality for load in vault.current() if load.key == key), None)


def _screen(delivery: Delivery, folder: Path, scratch: Path, kept: Path, limits: Limits) -> tuple[Screened, Figures]:
    form = FORMATS[delivery.source.format]
    with open_engine(scratch=scratch, folders=(folder,), bounds=Bounds(memory_mib=limits.memory_mib)) as engine:
        create_maps(engine)
        engine.execute(delimited.MACROS)
        engine.execute(STAGING)
        staged = form.stage(engine, delivery, limits, scratch=scratch)
        screened = screen(engine, kept, delivery=delivery, rank=form.rank).beside(staged)
        return screened, measure(engine, kept, COLUMNS, screened.held_back)


def _facts(delivery: Delivery, digest: str, screened: Screened, now: datetime) -> dict[str, object]:
    return {
        "digest": digest,
        "loaded_at": now.isoformat(),
        "source": {**delivery.source.describe(), "name": delivery.source.name},
        "extract_date": delivery.extract_date.isoformat(),
        "rows": screened.rows,
        "person_rows": screened.person_rows,
        "quarantined": screened.quarantined,
        "unsupported": screened.unsupported,
        "alarms": (*delivery.alarms, *screened.alarms),
        "files": {},
        "legal_codes": VERSION,
    }


def _report(source: Source, held: Load, *, already_loaded: bool) -> LoadReport:
    return LoadReport(
        source,
        held.digest,
        already_loaded,
        held.rows,
        held.quarantined,
        held.unsupported,
        held.alarms,
        held.legal_codes,
        held.quality,
    )
