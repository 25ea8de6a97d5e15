"""The manifests of an example of a room on a cluster, as a JSON list: `python -m infra.rooms.manifests`."""

import json
from pathlib import Path

from workspaces.rooms.base import RoomPlan
from workspaces.rooms.kubernetes.cluster import Cluster, read_cluster
from workspaces.rooms.kubernetes.manifests import Manifest, job, standing
from workspaces.rooms.kubernetes.sessions import session_objects

SHIPPED = Path(__file__).parents[1] / "deployment" / "cluster.toml"


def example() -> tuple[RoomPlan, Cluster]:
    """A job of a workspace on the cluster of the shipped file."""
    cluster = read_cluster(SHIPPED)
    return RoomPlan(
        room_key="0a1b2c",
        snapshot=cluster.root / "snapshots" / "example" / "room",
        workspace=cluster.root / "rooms" / "0a1b2c",
        environment=Path(next(iter(cluster.images))),
        command=("python3", "-I", "/workspace/code/script.py"),
    ), cluster


def main() -> list[Manifest]:
    """Everything of a job, and what stands before a session."""
    plan, cluster = example()
    return [*standing(plan, cluster), job("example", plan, cluster), *session_objects(plan, cluster, "hub")]


if __name__ == "__main__":
    print(json.dumps(main(), indent=1))
