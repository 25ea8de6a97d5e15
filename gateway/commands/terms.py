"""A grant as terms that the disclosure library understands; what a release is called where it is kept and named."""

from hashlib import sha256

from disclosure.checks.offline import LITERAL_BITS, THRESHOLDS
from disclosure.terms import Terms
from gateway.models import Grant, Pool, Release
from gateway.vocabulary import Mark
from workspaces.catalogue.code_lists import cited_in


def terms_of(grant: Grant, pool: Pool, mark: Mark = Mark.BLIND) -> Terms:
    """Everything that pricing and drawing may know of a project."""
    return Terms(
        tables={table: tuple(columns) for table, columns in grant.tables.items()},
        delta_e15=grant.delta_e15 - grant.delta0_e15,
        public_population=pool.public_population,
        floor_half_width=grant.floor_half_width,
        threshold_delta0_e15=grant.delta0_e15 // THRESHOLDS,
        literal_bits=LITERAL_BITS if mark is Mark.INFORMED else None,
        code_lists=cited_in(pool.code_lists),
    )


def role_id(release_id: str, person_id: str) -> str:
    """A checker as a package and the register name them: the same within a release, and unlike in any other."""
    return f"checker-{sha256(f'{release_id} {person_id}'.encode()).hexdigest()[:12]}"


def object_name(release: Release) -> str:
    """Where a sealed artefact lies in the object store."""
    return f"releases/{release.id}/artefact.json"


def package_name(release: Release) -> str:
    """Where a release's package lies in the object store."""
    return f"releases/{release.id}/package.zip"
