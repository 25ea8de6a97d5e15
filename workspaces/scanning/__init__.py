"""What is looked at before a file may enter a workspace."""

from workspaces.scanning.scripts import Findings, scan

__all__ = ["Findings", "scan"]
