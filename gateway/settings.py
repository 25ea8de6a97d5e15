"""Every setting, typed and frozen; each is an environment variable with the prefix TRE_."""

from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

EXPORTERS = "opentelemetry_traces_exporter"  # entry points under which exporters of spans are installed


class Settings(BaseSettings):
    """What an operator sets. Nothing has a secret default: without TRE_SECRET_KEY nothing starts."""

    model_config = SettingsConfigDict(env_prefix="TRE_", frozen=True, extra="ignore", hide_input_in_errors=True)

    folder: Path = Field(description="Where the gateway keeps its database, vault, objects and rooms.")
    secret_key: SecretStr = Field(description="At least 32 characters; seals cookies and keyed digests.")
    base_url: str = Field("http://127.0.0.1:8500", description="The address people use.")
    demo: bool = Field(False, description="Synthetic people, development identity provider, loopback only.")
    database_url: str = Field("", description="SQLAlchemy address; empty means SQLite in the folder.")
    bucket: str = Field("", description="S3 bucket for snapshots; empty means the folder. It must keep no versions.")
    sealed_bucket: str = Field("", description="S3 bucket for releases, manifests, checkpoints; empty: the same.")
    lock_days: int = Field(0, ge=0, description="Object lock on what is sealed, in days; the sealed bucket allows it.")
    kms_key: str = Field("", description="KMS key that encrypts what is put in S3; empty leaves it to the bucket.")
    seal_patience_seconds: float = Field(600, ge=0, description="How long a drawn release waits for a failing store.")
    oidc_issuer: str = Field("", description="Issuer of the identity provider.")
    oidc_client_id: str = Field("tre-gateway", description="Our client id at the provider.")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="Our client secret at the provider.")
    require_second_factor: bool = Field(True, description="Refuse a sign-in whose amr names one factor only.")
    list_max_age_days: int = Field(7, ge=1, le=21, description="Oldest opt-out list that may be used.")
    refresh_days: int = Field(7, ge=1, le=21, description="Days after which every project's records are built anew.")
    lease_seconds: float = Field(60, gt=0, description="A worker that is silent for so long gives its work back.")
    job_tick_seconds: int = Field(60, ge=1, description="Fixed tick on which a job's end is shown.")
    backups: Path = Field(Path(), description="Where backups go; empty means the folder backups in TRE_FOLDER.")
    key_backup_days: int = Field(35, ge=1, description="Keys in a backup are good for so long; then they are removed.")
    engine: Literal["duckdb", "spark"] = Field("duckdb", description="What adds up exact numbers; spark is an extra.")
    draw_pace: float = Field(1.0, gt=0, description="Factor on the deadline that a plan fixes for its draw.")
    behind_proxy: bool = Field(False, description="Believe the address in X-Forwarded-For: a proxy always sets it.")
    failures_per_address: int = Field(50, ge=1, description="Failed sign-ins and tokens of one address in 20 minutes.")
    failures_per_account: int = Field(10, ge=1, description="Refused sign-ins of one account in 20 minutes.")
    session_idle_minutes: int = Field(30, ge=1, description="A session ends after so long without a request.")
    session_hours: int = Field(12, ge=1, description="A session ends after so long in any case.")
    rooms_socket: str = Field("", description="Socket of the room supervisor; empty runs rooms as this user.")
    rooms_cluster: str = Field("", description="A file that describes a Kubernetes cluster to run jobs on instead.")
    room_environment: Path = Field(Path("/usr"), description="The Python environment that rooms see.")
    rooms_url: str = Field("", description="Where notebooks are: * is the workspace; another host name than base_url.")
    notebook_environment: str = Field("", description="The Python with JupyterLab that notebooks see; empty: none.")
    scanner: Path = Field(Path(), description="Malware scanner for what comes in, called like clamdscan; empty: none.")
    no_scanner: str = Field("", max_length=80, description="Who granted, by name, that files enter unscanned.")
    room_k: int = Field(0, ge=0, description="People alike in a workspace's copy, at least; 0: the copy draws read.")
    traces: str = Field("", description="An installed OpenTelemetry exporter for spans (extra); empty: no traces.")
    mailbox: str = Field("X26TRE01", description="Our MESH mailbox.")
    mesh_url: str = Field("", description="Address of MESH (extra `mesh`); empty: files are moved by other means.")
    mesh_password: SecretStr = Field(SecretStr(""), description="Password of the mailbox.")
    mesh_shared_key: SecretStr = Field(SecretStr(""), description="Key that MESH shares with its clients.")
    mesh_certificate: str = Field("", description="File with our certificate for MESH.")
    mesh_private_key: str = Field("", description="File with its private key.")
    mesh_authority: str = Field("", description="File with whom we trust to be MESH; empty: what its client knows.")

    @field_validator("engine")
    @classmethod
    def _installed(cls, value: str) -> str:
        if value == "spark" and find_spec("pyspark") is None:
            raise ValueError("TRE_ENGINE=spark needs the extra `spark`: pip install -r requirements-spark.txt")
        return value

    @field_validator("mesh_url")
    @classmethod
    def _carried(cls, value: str) -> str:
        if value and find_spec("mesh_client") is None:
            raise ValueError("TRE_MESH_URL needs the extra `mesh`: pip install mesh-client")
        address = urlsplit(value)
        if value and address.scheme != "https" and address.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("TRE_MESH_URL must begin with https://: NHS numbers pass through it")
        return value

    @field_validator("traces")
    @classmethod
    def _exported(cls, value: str) -> str:
        if value and not entry_points(group=EXPORTERS, name=value):
            raise ValueError("TRE_TRACES names no exporter: pip install -r requirements-traces.txt, and the exporter")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < 32:
            raise ValueError("TRE_SECRET_KEY needs at least 32 characters")
        return value

    @property
    def database(self) -> str:
        """The database address in force."""
        return self.database_url or f"sqlite:///{self.folder / 'gateway.db'}"
