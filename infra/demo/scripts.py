"""The programs that the researcher of the demonstration brings into the workspace."""

ANALYSIS = '''"""Counts diagnoses by sex and keeps the table in the workspace."""
import csv, pathlib, sys
try:
    import duckdb
except ImportError:
    duckdb = None
data = pathlib.Path("/data")
tables = sorted(path.stem for path in data.glob("*.parquet"))
if "person" not in tables or "condition_occurrence" not in tables:
    sys.exit("the snapshot is not where it should be")
out = pathlib.Path("/workspace/diagnoses.csv")
if duckdb is None:
    out.write_text("the room has no DuckDB\\n")
    sys.exit(0)
rows = duckdb.sql(f"""
    SELECT p.sex, c.condition_concept_id, COUNT(DISTINCT p.person_id) AS people
    FROM read_parquet('{data}/person.parquet') p
    JOIN read_parquet('{data}/condition_occurrence.parquet') c USING (person_id)
    GROUP BY ALL ORDER BY ALL""").fetchall()
with out.open("w", newline="") as file:
    csv.writer(file).writerows([("sex", "condition_concept_id", "people"), *rows])
'''

ATTACK = '''"""Tries what a room must not allow; ends well only if every attempt got nowhere."""
import os, pathlib, socket, sys

def fails(attempt):
    try:
        attempt()
    except OSError:
        return True
    return False

def call(host, port):
    with socket.create_connection((host, port), timeout=3):
        pass

def write_snapshot():
    (next(pathlib.Path("/data").glob("*.parquet"))).write_bytes(b"")

def read_gateway_secrets():
    if b"TRE_" not in pathlib.Path("/proc/1/environ").read_bytes():
        raise OSError("pid 1 is not the gateway's")

attempts = {
    "network": lambda: call("1.1.1.1", 53),
    "gateway": lambda: call("127.0.0.1", GATEWAY_PORT),
    "shadow": lambda: open("/etc/shadow").read(),
    "snapshot": write_snapshot,
    "new file in the snapshot": lambda: open("/data/left", "w"),
    "pid 1": read_gateway_secrets,
}
got_through = [name for name, attempt in attempts.items() if not fails(attempt)]
if any(name.startswith("TRE_") for name in os.environ):
    got_through.append("environment")
pathlib.Path("/workspace/attack.txt").write_text(", ".join(got_through) or "nowhere")
sys.exit(1 if got_through else 0)
'''


def attack(port: int) -> str:
    """The attack, aimed at this gateway as well."""
    return ATTACK.replace("GATEWAY_PORT", str(port))
