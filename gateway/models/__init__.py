"""What is stored: one table per module, fields and database constraints, no rules."""

from gateway.models.access_terms import AccessTerms
from gateway.models.api_token import ApiToken
from gateway.models.appointment import Appointment
from gateway.models.attempt import Attempt
from gateway.models.audit_event import AuditEvent
from gateway.models.budget import Budget
from gateway.models.certificate import Certificate
from gateway.models.checkpoint import Checkpoint
from gateway.models.code_list import CodeList
from gateway.models.declaration import Declaration
from gateway.models.erasure_order import ErasureOrder
from gateway.models.exemption import Exemption
from gateway.models.grant import Grant
from gateway.models.incident import Incident
from gateway.models.job import Job
from gateway.models.ledger_entry import LedgerEntry
from gateway.models.load import Load
from gateway.models.membership import Membership
from gateway.models.notice import Notice
from gateway.models.opt_out_list import OptOutList
from gateway.models.person import Person
from gateway.models.pool import Pool
from gateway.models.project import Project
from gateway.models.refresh import Refresh
from gateway.models.register_entry import RegisterEntry
from gateway.models.release import Release
from gateway.models.requirement import Requirement
from gateway.models.review import Review
from gateway.models.review_draft import ReviewDraft
from gateway.models.session import Session
from gateway.models.snapshot import Snapshot
from gateway.models.submission import Submission
from gateway.models.task import Task
from gateway.models.transfer import Transfer
from gateway.models.vote import Vote
from gateway.models.workspace import Workspace

__all__ = [
    "AccessTerms",
    "ApiToken",
    "Appointment",
    "Attempt",
    "AuditEvent",
    "Budget",
    "Certificate",
    "Checkpoint",
    "CodeList",
    "Declaration",
    "ErasureOrder",
    "Exemption",
    "Grant",
    "Incident",
    "Job",
    "LedgerEntry",
    "Load",
    "Membership",
    "Notice",
    "OptOutList",
    "Person",
    "Pool",
    "Project",
    "Refresh",
    "RegisterEntry",
    "Release",
    "Requirement",
    "Review",
    "ReviewDraft",
    "Session",
    "Snapshot",
    "Submission",
    "Task",
    "Transfer",
    "Vote",
    "Workspace",
]
