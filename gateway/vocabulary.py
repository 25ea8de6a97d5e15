"""The closed lists: roles, nouns, states, commands, audit event names. Each name is stated here and nowhere else.

An event name is never reused for another meaning; states are stored by name.
"""

from enum import StrEnum


class Role(StrEnum):
    """What a person is on one subject. Appointments come from our store; relations from the subject itself."""

    SIGNED_IN = "SIGNED_IN"
    OWNER = "OWNER"
    RESEARCHER = "RESEARCHER"
    LEAD = "LEAD"
    MEMBER = "MEMBER"
    AUTHOR = "AUTHOR"
    COMMITTEE_MEMBER = "COMMITTEE_MEMBER"
    OUTPUT_CHECKER = "OUTPUT_CHECKER"
    IG_OFFICER = "IG_OFFICER"
    OPERATOR = "OPERATOR"
    AUDITOR = "AUDITOR"
    SIGNATORY = "SIGNATORY"
    SYSTEM = "SYSTEM"


class Seat(StrEnum):
    """What a person may be appointed to; the lay seat counts for the quorum."""

    RESEARCHER = "RESEARCHER"
    COMMITTEE_MEMBER = "COMMITTEE_MEMBER"
    LAY_MEMBER = "LAY_MEMBER"
    OUTPUT_CHECKER = "OUTPUT_CHECKER"
    IG_OFFICER = "IG_OFFICER"
    OPERATOR = "OPERATOR"
    AUDITOR = "AUDITOR"
    SIGNATORY = "SIGNATORY"


class Noun(StrEnum):
    """The governed things a command may be about."""

    POOL = "POOL"
    OPT_OUT_LIST = "OPT_OUT_LIST"
    PROJECT = "PROJECT"
    SNAPSHOT = "SNAPSHOT"
    WORKSPACE = "WORKSPACE"
    TRANSFER = "TRANSFER"
    JOB = "JOB"
    RELEASE = "RELEASE"
    REGISTER_ENTRY = "REGISTER_ENTRY"
    PERSON = "PERSON"
    CERTIFICATE = "CERTIFICATE"
    ERASURE_ORDER = "ERASURE_ORDER"
    REFRESH = "REFRESH"
    EXEMPTION = "EXEMPTION"


class PoolState(StrEnum):
    """A pool of people is open for the life of its data."""

    OPEN = "OPEN"


class OptOutListState(StrEnum):
    """One answer of the national service."""

    RECEIVED = "RECEIVED"
    ACTIVE = "ACTIVE"
    SUPERSEDED = "SUPERSEDED"


class ProjectState(StrEnum):
    """One application and the project it becomes."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    RETURNED = "RETURNED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


class SnapshotState(StrEnum):
    """One build of one project's records."""

    REQUESTED = "REQUESTED"
    BUILDING = "BUILDING"
    BUILT = "BUILT"
    CLEARED = "CLEARED"
    RETIRED = "RETIRED"
    FAILED = "FAILED"
    DESTROYED = "DESTROYED"


class WorkspaceState(StrEnum):
    """The governed place; its running sandbox is a room."""

    OPEN = "OPEN"
    FROZEN = "FROZEN"
    DESTROYED = "DESTROYED"


class TransferState(StrEnum):
    """One file on its way into a workspace."""

    SCANNING = "SCANNING"
    ADMITTED = "ADMITTED"
    REFUSED = "REFUSED"


class JobState(StrEnum):
    """One batch run; ENDED says nothing about how (privacy model P13)."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    ENDED = "ENDED"


class ReleaseState(StrEnum):
    """A release request and its artefact."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    PLAN_CLEARED = "PLAN_CLEARED"
    RESERVED = "RESERVED"
    DRAWING = "DRAWING"
    SEALED = "SEALED"
    IN_REVIEW = "IN_REVIEW"
    CONSOLIDATING = "CONSOLIDATING"
    ADJUDICATING = "ADJUDICATING"
    APPROVED = "APPROVED"
    RELEASED = "RELEASED"
    RECALLED = "RECALLED"
    RETURNED = "RETURNED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    FAILED = "FAILED"


class RegisterState(StrEnum):
    """One entry of the public register."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"


class PersonState(StrEnum):
    """Somebody who signs in."""

    ACTIVE = "ACTIVE"


class CertificateState(StrEnum):
    """One certificate of a person or an organisation; whether an accepted one has ended is a matter of its date."""

    PRESENTED = "PRESENTED"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    REVOKED = "REVOKED"


class ErasureState(StrEnum):
    """A request to be erased; approved ones are carried out by the next refresh."""

    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    DONE = "DONE"


class RefreshState(StrEnum):
    """Every project's records built anew."""

    RUNNING = "RUNNING"
    DONE = "DONE"


class ExemptionState(StrEnum):
    """A decision of somebody outside that the national opt-out does not apply; it also ends with its last day."""

    PROPOSED = "PROPOSED"
    SECONDED = "SECONDED"
    IN_FORCE = "IN_FORCE"
    REFUSED = "REFUSED"
    ENDED = "ENDED"


State = (
    PoolState
    | OptOutListState
    | ProjectState
    | SnapshotState
    | WorkspaceState
    | TransferState
    | JobState
    | ReleaseState
    | RegisterState
    | PersonState
    | CertificateState
    | ErasureState
    | RefreshState
    | ExemptionState
)


class Command(StrEnum):
    """What can be done; the permission has the same name."""

    OPEN_POOL = "OPEN_POOL"
    WELCOME_PERSON = "WELCOME_PERSON"
    APPOINT_PERSON = "APPOINT_PERSON"
    LOAD_RECORDS = "LOAD_RECORDS"
    REQUEST_OPT_OUTS = "REQUEST_OPT_OUTS"
    RECEIVE_OPT_OUTS = "RECEIVE_OPT_OUTS"
    ACTIVATE_OPT_OUTS = "ACTIVATE_OPT_OUTS"
    EXPORT_AUDIT = "EXPORT_AUDIT"
    SIGN_CHECKPOINT = "SIGN_CHECKPOINT"
    TAKE_BACKUP = "TAKE_BACKUP"
    ROTATE_KEY = "ROTATE_KEY"
    RESTORE_POOL = "RESTORE_POOL"
    APPLY_RETENTION = "APPLY_RETENTION"
    VIEW_QUALITY = "VIEW_QUALITY"
    IMPORT_CODE_LIST = "IMPORT_CODE_LIST"
    DRAFT_PROJECT = "DRAFT_PROJECT"
    EDIT_PROJECT = "EDIT_PROJECT"
    SUBMIT_PROJECT = "SUBMIT_PROJECT"
    CHOOSE_COMMITTEE = "CHOOSE_COMMITTEE"
    DECLARE_INTEREST = "DECLARE_INTEREST"
    CAST_VOTE = "CAST_VOTE"
    SETTLE_PROJECT = "SETTLE_PROJECT"
    SUSPEND_PROJECT = "SUSPEND_PROJECT"
    RESUME_PROJECT = "RESUME_PROJECT"
    CLOSE_PROJECT = "CLOSE_PROJECT"
    REQUEST_SNAPSHOT = "REQUEST_SNAPSHOT"
    BEGIN_SNAPSHOT = "BEGIN_SNAPSHOT"
    COMPLETE_SNAPSHOT = "COMPLETE_SNAPSHOT"
    FAIL_SNAPSHOT = "FAIL_SNAPSHOT"
    CLEAR_SNAPSHOT = "CLEAR_SNAPSHOT"
    RETIRE_SNAPSHOT = "RETIRE_SNAPSHOT"
    LOOK_FOR_PEOPLE = "LOOK_FOR_PEOPLE"
    RENEW_SNAPSHOT = "RENEW_SNAPSHOT"
    DESTROY_SNAPSHOT = "DESTROY_SNAPSHOT"
    REPORT_PERSON = "REPORT_PERSON"
    PROPOSE_ERASURE = "PROPOSE_ERASURE"
    APPROVE_ERASURE = "APPROVE_ERASURE"
    REFUSE_ERASURE = "REFUSE_ERASURE"
    COMPLETE_ERASURE = "COMPLETE_ERASURE"
    BEGIN_REFRESH = "BEGIN_REFRESH"
    END_REFRESH = "END_REFRESH"
    PROPOSE_EXEMPTION = "PROPOSE_EXEMPTION"
    SECOND_EXEMPTION = "SECOND_EXEMPTION"
    APPROVE_EXEMPTION = "APPROVE_EXEMPTION"
    REFUSE_EXEMPTION = "REFUSE_EXEMPTION"
    END_EXEMPTION = "END_EXEMPTION"
    OPEN_WORKSPACE = "OPEN_WORKSPACE"
    FREEZE_WORKSPACE = "FREEZE_WORKSPACE"
    PURGE_WORKSPACE = "PURGE_WORKSPACE"
    BRING_IN = "BRING_IN"
    ADMIT_TRANSFER = "ADMIT_TRANSFER"
    REFUSE_TRANSFER = "REFUSE_TRANSFER"
    RUN_JOB = "RUN_JOB"
    RERUN_JOB = "RERUN_JOB"
    START_JOB = "START_JOB"
    END_JOB = "END_JOB"
    STOP_JOB = "STOP_JOB"
    VIEW_LOGS = "VIEW_LOGS"
    START_ROOM = "START_ROOM"
    ENTER_ROOM = "ENTER_ROOM"
    STOP_ROOM = "STOP_ROOM"
    END_ROOM = "END_ROOM"
    DRAFT_RELEASE = "DRAFT_RELEASE"
    COPY_RELEASE = "COPY_RELEASE"
    EDIT_RELEASE = "EDIT_RELEASE"
    SUBMIT_RELEASE = "SUBMIT_RELEASE"
    CLEAR_PLAN = "CLEAR_PLAN"
    RETURN_PLAN = "RETURN_PLAN"
    WITHDRAW_RELEASE = "WITHDRAW_RELEASE"
    RESERVE_BUDGET = "RESERVE_BUDGET"
    BEGIN_DRAW = "BEGIN_DRAW"
    SEAL_ARTEFACT = "SEAL_ARTEFACT"
    FAIL_DRAW = "FAIL_DRAW"
    KEEP_REVIEW = "KEEP_REVIEW"
    REVIEW_RELEASE = "REVIEW_RELEASE"
    CONFIRM_REVIEW = "CONFIRM_REVIEW"
    ADJUDICATE_RELEASE = "ADJUDICATE_RELEASE"
    SETTLE_RELEASE = "SETTLE_RELEASE"
    PUBLISH_RELEASE = "PUBLISH_RELEASE"
    VIEW_ARTEFACT = "VIEW_ARTEFACT"
    DOWNLOAD_OUTPUT = "DOWNLOAD_OUTPUT"
    RECALL_RELEASE = "RECALL_RELEASE"
    PUBLISH_ENTRY = "PUBLISH_ENTRY"
    SIGN_IN = "SIGN_IN"
    SIGN_OUT = "SIGN_OUT"
    CREATE_TOKEN = "CREATE_TOKEN"  # noqa: S105
    REVOKE_TOKEN = "REVOKE_TOKEN"  # noqa: S105
    REVOKE_SESSION = "REVOKE_SESSION"
    REQUIRE_CERTIFICATE = "REQUIRE_CERTIFICATE"
    WAIVE_CERTIFICATE = "WAIVE_CERTIFICATE"
    PUBLISH_TERMS = "PUBLISH_TERMS"
    PRESENT_CERTIFICATE = "PRESENT_CERTIFICATE"
    ACCEPT_TERMS = "ACCEPT_TERMS"
    SIGN_TERMS = "SIGN_TERMS"
    ACCEPT_CERTIFICATE = "ACCEPT_CERTIFICATE"
    REFUSE_CERTIFICATE = "REFUSE_CERTIFICATE"
    REVOKE_CERTIFICATE = "REVOKE_CERTIFICATE"
    WARN_HOLDER = "WARN_HOLDER"


class Event(StrEnum):
    """What the audit log calls it: subject, then past tense."""

    POOL_OPENED = "pool:opened"
    PERSON_WELCOMED = "person:welcomed"
    PERSON_APPOINTED = "person:appointed"
    RECORDS_LOADED = "records:loaded"
    OPT_OUTS_REQUESTED = "opt_outs:requested"
    OPT_OUTS_RECEIVED = "opt_outs:received"
    OPT_OUTS_ACTIVATED = "opt_outs:activated"
    AUDIT_EXPORTED = "audit:exported"
    CHECKPOINT_SIGNED = "audit:checkpoint_signed"
    BACKUP_TAKEN = "gateway:backed_up"
    KEY_ROTATED = "key:rotated"
    POOL_RESTORED = "gateway:restored"
    RETENTION_APPLIED = "retention:applied"
    QUALITY_VIEWED = "quality:viewed"
    CODE_LIST_IMPORTED = "code_list:imported"
    PROJECT_DRAFTED = "project:drafted"
    PROJECT_EDITED = "project:edited"
    PROJECT_SUBMITTED = "project:submitted"
    COMMITTEE_CHOSEN = "committee:chosen"
    INTEREST_DECLARED = "project:interest_declared"
    PROJECT_VOTED = "project:voted"
    PROJECT_APPROVED = "project:approved"
    PROJECT_REFUSED = "project:refused"
    PROJECT_RETURNED = "project:returned"
    PROJECT_SUSPENDED = "project:suspended"
    PROJECT_RESUMED = "project:resumed"
    PROJECT_CLOSED = "project:closed"
    SNAPSHOT_REQUESTED = "snapshot:requested"
    SNAPSHOT_BEGUN = "snapshot:begun"
    SNAPSHOT_BUILT = "snapshot:built"
    SNAPSHOT_FAILED = "snapshot:failed"
    SNAPSHOT_CLEARED = "snapshot:cleared"
    SNAPSHOT_RETIRED = "snapshot:retired"
    SNAPSHOT_SEARCHED = "snapshot:searched"
    SNAPSHOT_RENEWED = "snapshot:renewed"
    SNAPSHOT_DESTROYED = "snapshot:destroyed"
    PERSON_REPORTED = "records:person_reported"
    ERASURE_PROPOSED = "erasure:proposed"
    ERASURE_APPROVED = "erasure:approved"
    ERASURE_REFUSED = "erasure:refused"
    ERASURE_DONE = "erasure:done"
    REFRESH_BEGUN = "refresh:begun"
    REFRESH_ENDED = "refresh:ended"
    EXEMPTION_PROPOSED = "exemption:proposed"
    EXEMPTION_SECONDED = "exemption:seconded"
    EXEMPTION_APPROVED = "exemption:approved"
    EXEMPTION_REFUSED = "exemption:refused"
    EXEMPTION_ENDED = "exemption:ended"
    WORKSPACE_OPENED = "workspace:opened"
    WORKSPACE_FROZEN = "workspace:frozen"
    WORKSPACE_PURGED = "workspace:purged"
    TRANSFER_SUBMITTED = "transfer:submitted"
    TRANSFER_ADMITTED = "transfer:admitted"
    TRANSFER_REFUSED = "transfer:refused"
    JOB_QUEUED = "job:queued"
    JOB_QUEUED_AGAIN = "job:queued_again"
    JOB_STARTED = "job:started"
    JOB_ENDED = "job:ended"
    JOB_STOPPED = "job:stopped"
    LOGS_VIEWED = "workspace:logs_viewed"
    ROOM_STARTED = "room:started"
    ROOM_ENTERED = "room:entered"
    ROOM_STOPPED = "room:stopped"
    ROOM_ENDED = "room:ended"
    RELEASE_DRAFTED = "release:drafted"
    RELEASE_COPIED = "release:copied"
    RELEASE_EDITED = "release:edited"
    RELEASE_SUBMITTED = "release:submitted"
    RELEASE_PLAN_CLEARED = "release:plan_cleared"
    RELEASE_PLAN_RETURNED = "release:plan_returned"
    RELEASE_WITHDRAWN = "release:withdrawn"
    RELEASE_RESERVED = "release:reserved"
    RELEASE_BEGUN = "release:begun"
    RELEASE_SEALED = "release:sealed"
    RELEASE_FAILED = "release:failed"
    REVIEW_KEPT = "release:review_kept"
    RELEASE_REVIEWED = "release:reviewed"
    RELEASE_CONFIRMED = "release:confirmed"
    RELEASE_UNSETTLED = "release:unsettled"
    RELEASE_ADJUDICATED = "release:adjudicated"
    RELEASE_DISPUTED = "release:disputed"
    RELEASE_APPROVED = "release:approved"
    RELEASE_RETURNED = "release:returned"
    RELEASE_REFUSED = "release:refused"
    RELEASE_PUBLISHED = "release:published"
    RELEASE_VIEWED = "release:viewed"
    RELEASE_DOWNLOADED = "release:downloaded"
    RELEASE_RECALLED = "release:recalled"
    REGISTER_PUBLISHED = "register:published"
    PERSON_SIGNED_IN = "person:signed_in"
    PERSON_SIGNED_OUT = "person:signed_out"
    TOKEN_CREATED = "token:created"  # noqa: S105
    TOKEN_REVOKED = "token:revoked"  # noqa: S105
    SESSION_REVOKED = "session:revoked"
    CERTIFICATE_REQUIRED = "certificate:required"
    CERTIFICATE_WAIVED = "certificate:waived"
    TERMS_PUBLISHED = "terms:published"
    TERMS_ACCEPTED = "terms:accepted"
    TERMS_SIGNED = "terms:signed"
    CERTIFICATE_PRESENTED = "certificate:presented"
    CERTIFICATE_ACCEPTED = "certificate:accepted"
    CERTIFICATE_REFUSED = "certificate:refused"
    CERTIFICATE_REVOKED = "certificate:revoked"
    CERTIFICATE_WARNED = "certificate:warned"
    COMMAND_REFUSED = "command:refused"


class TaskKind(StrEnum):
    """Work that runs without a person, queued in the same commit as the command that asks for it."""

    BUILD_SNAPSHOT = "BUILD_SNAPSHOT"
    SCAN_TRANSFER = "SCAN_TRANSFER"
    RUN_JOB = "RUN_JOB"
    DRAW_RELEASE = "DRAW_RELEASE"
    SIGN_CHECKPOINT = "SIGN_CHECKPOINT"
    REFRESH = "REFRESH"


class Verdict(StrEnum):
    """What a committee member or an output checker may decide."""

    APPROVE = "APPROVE"
    RETURN = "RETURN"
    REFUSE = "REFUSE"


class Mark(StrEnum):
    """Whether the author of a release had sight of rows of the pool (privacy model)."""

    BLIND = "BLIND"
    INFORMED = "INFORMED"


class EntryKind(StrEnum):
    """The four kinds of ledger entry."""

    GRANT = "GRANT"
    RESERVE = "RESERVE"
    SPEND = "SPEND"
    VOID = "VOID"


class ExemptionGround(StrEnum):
    """What lets people with a national opt-out into rows: the policy's exemptions but those not valid for rows."""

    COMMUNICABLE_DISEASE = "COMMUNICABLE_DISEASE"
    OVERRIDING_PUBLIC_INTEREST = "OVERRIDING_PUBLIC_INTEREST"
    LEGAL_REQUIREMENT = "LEGAL_REQUIREMENT"
    ONS_OFFICIAL_STATISTICS = "ONS_OFFICIAL_STATISTICS"
    CANCER_OR_CONGENITAL_REGISTRY = "CANCER_OR_CONGENITAL_REGISTRY"
    SPECIFIC_EXEMPTION = "SPECIFIC_EXEMPTION"


class ErasureGround(StrEnum):
    """Why a person may be erased: UK GDPR article 17(1)(a) to (f), in its order."""

    NO_LONGER_NECESSARY = "NO_LONGER_NECESSARY"
    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN"
    OBJECTION = "OBJECTION"
    UNLAWFUL_PROCESSING = "UNLAWFUL_PROCESSING"
    LEGAL_OBLIGATION = "LEGAL_OBLIGATION"
    CHILD_ONLINE_SERVICE = "CHILD_ONLINE_SERVICE"


class ErasureRefusal(StrEnum):
    """Why not: article 17(3)(a) to (e), in its order, or none of the grounds applies."""

    EXPRESSION = "EXPRESSION"
    LEGAL_TASK = "LEGAL_TASK"
    PUBLIC_HEALTH = "PUBLIC_HEALTH"
    RESEARCH_IMPAIRED = "RESEARCH_IMPAIRED"
    LEGAL_CLAIMS = "LEGAL_CLAIMS"
    NO_GROUND = "NO_GROUND"
