"""JupyterLab as a room's program: how it is started, what is switched off, when it closes by itself.

It is not a disclosure boundary: what a cell prints is on the screen of whoever looks at it.
"""

from typing import Any

from workspaces.rooms.base import Limits
from workspaces.rooms.doors import INSIDE

IDLE_SECONDS = 1800
LIMITS = Limits(processes=256, seconds=12 * 3600, cpu_seconds=12 * 3600, open_files=4096)
CONFIGURATION = ".jupyter/labconfig/page_config.json"  # below the workspace's code, which the room cannot write
# what leads out by a file, or asks for news of a network that is not there
SWITCHED_OFF = (
    "@jupyterlab/apputils-extension:announcements",
    "@jupyterlab/docmanager-extension:download",
    "@jupyterlab/filebrowser-extension:download",
    "@jupyterlab/filebrowser-extension:share-file",
    "@jupyterlab/notebook-extension:export",
    "@jupyterlab/extensionmanager-extension:plugin",
)
PAGE: dict[str, Any] = {"disabledExtensions": dict.fromkeys(SWITCHED_OFF, True)}
COMMAND = (
    *("python3", "-I", "-m", "jupyterlab", "--no-browser"),
    f"--ServerApp.sock={INSIDE}",
    "--ServerApp.sock_mode=0660",
    "--ServerApp.root_dir=/workspace",
    "--ServerApp.allow_remote_access=True",
    "--ServerApp.terminals_enabled=False",
    "--ServerApp.quit_button=False",
    f"--ServerApp.shutdown_no_activity_timeout={IDLE_SECONDS}",
    f"--MappingKernelManager.cull_idle_timeout={IDLE_SECONDS}",
    "--MappingKernelManager.cull_connected=True",
    "--KernelManager.transport=ipc",
    "--FileContentsManager.delete_to_trash=False",
    "--LabApp.extension_manager=readonly",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.news_url=None",
)


def variables(token: str) -> tuple[tuple[str, str], ...]:
    """The server's token, and places: what it may forget in /tmp, what is there again next time in /workspace."""
    forgotten, kept = "/tmp/jupyter", "/workspace/.jupyterlab"  # noqa: S108 - of the room
    return (
        ("JUPYTER_TOKEN", token),
        ("JUPYTER_CONFIG_DIR", f"{forgotten}/config"),
        ("JUPYTER_CONFIG_PATH", "/workspace/code/.jupyter"),
        ("JUPYTER_DATA_DIR", f"{forgotten}/data"),
        ("JUPYTER_RUNTIME_DIR", f"{forgotten}/runtime"),
        ("IPYTHONDIR", f"{forgotten}/ipython"),
        ("MPLCONFIGDIR", f"{forgotten}/matplotlib"),
        ("JUPYTERLAB_SETTINGS_DIR", f"{kept}/settings"),
        ("JUPYTERLAB_WORKSPACES_DIR", f"{kept}/workspaces"),
    )
