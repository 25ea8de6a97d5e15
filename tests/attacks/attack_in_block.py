"""What a script may try in one block: each way by its number. In all other blocks it is honest. Run inside a room."""

import csv
import hashlib
import json
import os
import time

# those that last till the watchdog side by side
ATTACKERS = {"processors": 0, "disk": 1, "inodes": 2, "memory": 3, "cheat": 4, "spoil": 5, "fork": 6, "hang": 7}


def honest(rows):
    value = 0.0
    for row in sorted(row["x"] for row in rows):
        value = int(hashlib.sha256(f"{value}{row}".encode()).hexdigest()[:8], 16) / 2**32
    return {"x": value, "people": len(rows)}


def busy():
    while True:
        pass


def processors():
    for _ in range(3):
        if os.fork() == 0:
            busy()
    busy()


def fork():
    while True:
        try:
            os.fork()
        except OSError:
            time.sleep(0.01)


def disk():
    for number in range(10_000):
        with open(f"/workspace/{number}", "wb") as file:
            file.write(b"x" * (1 << 20))


def inodes():
    for number in range(1_000_000):
        os.mkdir(f"/workspace/{number}")


def memory():
    kept = []
    while True:
        kept.append(b"x" * (1 << 24))


def hang():
    time.sleep(3600)


def cheat():
    for path in ("/workspace/../data", "/data", "/workspace/code", "/tmp", "/proc/1/root"):  # noqa: S108
        try:
            with open(f"{path}/planted.csv", "w") as file:
                file.write("x\n1\n")
        except OSError:
            pass
    print(json.dumps({"x": 1e308 * 10, "people": "many", "other": [1]}))


def spoil():
    os.symlink("/etc/passwd", "/workspace/logs")
    os.mkfifo("/workspace/stdout.txt")
    deep = "/workspace"
    for _ in range(300):
        deep += "/d"
        os.mkdir(deep)
    os.chmod("/workspace/d", 0)
    os.kill(os.getpid(), 9)


def main():
    with open("/data/people.csv", newline="") as file:
        people = list(csv.DictReader(file))
    (attack,) = {row["attack"] for row in people} or {""}
    seen = [name for name in os.listdir("/data") if name != "people.csv"]
    seen += [name for name in os.listdir("/workspace") if name != "code"]
    if attack:
        globals()[attack]()
    else:
        print(json.dumps({**honest(people), "seen": len(seen)}))


if __name__ == "__main__":
    main()
