"""A desktop as a room's program: JupyterLab in a browser in the room, of which only a picture is sent out.

TigerVNC draws, websockify (both Debian's) carries what it draws to the room's door as a websocket. The clipboard is
switched off in both directions. What a person's own browser shows is a page of the gateway's with noVNC in it.
"""

import os
from dataclasses import replace

from workspaces.rooms import notebooks
from workspaces.rooms.doors import INSIDE

PROGRAMS = ("/usr/bin/Xtigervnc", "/usr/bin/websockify", "/usr/bin/openbox", "/usr/lib/chromium/chromium")
VIEWER = "/usr/share/novnc/core/rfb.js"
LIMITS = replace(notebooks.LIMITS, memory_mib=4096, processes=512)
PORT, SOCKET_PORT, SCREEN = 8888, 6080, ":1"  # of the room's own loopback
GEOMETRY = "1280x800"

# Each part is the room's own process: when one ends that the others need, the room ends.
_BEGIN = f"""
import asyncio, os, socket, subprocess, sys, time
here, token = "/tmp/desktop", os.environ["JUPYTER_TOKEN"]
os.makedirs(here, mode=0o700, exist_ok=True)
os.makedirs("/tmp/.X11-unix", exist_ok=True)
os.environ |= {{"DISPLAY": "{SCREEN}", "XAUTHORITY": here + "/none", "XDG_RUNTIME_DIR": here, "XDG_CONFIG_HOME": here}}

def begun(*words):
    return subprocess.Popen(words, stdin=subprocess.DEVNULL)

def answers(family, address):
    with socket.socket(family) as line:
        return line.connect_ex(address) == 0

def until(met):
    for _ in range(1200):
        if met():
            return
        time.sleep(0.05)
    sys.exit("a part of the desktop did not begin")

parts = [begun("/usr/bin/Xtigervnc", "{SCREEN}", "-rfbunixpath", here + "/rfb", "-rfbport", "-1", "-nolisten", "tcp",
    "-SecurityTypes", "None", "-AcceptCutText=0", "-SendCutText=0", "-SetPrimary=0", "-SendPrimary=0", "-AlwaysShared",
    "-AcceptSetDesktopSize=0", "-MaxIdleTime={notebooks.IDLE_SECONDS}", "-geometry", "{GEOMETRY}", "-depth", "24")]
parts.append(begun(sys.executable, *sys.argv[1:]))
until(lambda: os.path.exists(here + "/rfb") and answers(socket.AF_INET, ("127.0.0.1", {PORT})))
parts.append(begun("/usr/bin/openbox", "--sm-disable"))
parts.append(begun("/usr/lib/chromium/chromium", "--no-sandbox", "--test-type", "--disable-gpu", "--no-first-run",
    "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--password-store=basic", "--user-data-dir=" + here + "/browser", "--start-maximized", "--window-position=0,0",
    "--window-size={GEOMETRY.replace("x", ",")}", "--app=http://127.0.0.1:{PORT}/lab?token=" + token))
parts.append(begun("/usr/bin/websockify", "--unix-target=" + here + "/rfb", "127.0.0.1:{SOCKET_PORT}"))
until(lambda: answers(socket.AF_INET, ("127.0.0.1", {SOCKET_PORT})))

async def carry(reading, writing):
    try:
        while data := await reading.read(1 << 16):
            writing.write(data)
            await writing.drain()
    except OSError:
        pass
    finally:
        writing.close()

async def led(reading, writing):
    there, back = await asyncio.open_connection("127.0.0.1", {SOCKET_PORT})
    await asyncio.gather(carry(reading, back), carry(there, writing))

async def main():
    async with await asyncio.start_unix_server(led, "{INSIDE}"):
        os.chmod("{INSIDE}", 0o660)
        while all(part.poll() is None for part in parts):
            await asyncio.sleep(1)

asyncio.run(main())
for part in parts:
    part.kill()
"""
_SERVED = tuple(word for word in notebooks.COMMAND[1:] if not word.startswith(("--ServerApp.sock", "--KernelManager")))
COMMAND = ("python3", "-I", "-c", _BEGIN, *_SERVED, f"--ServerApp.port={PORT}", "--ServerApp.ip=127.0.0.1")


def installed() -> bool:
    """Whether this machine has what desktops are made of (./run setup)."""
    return all(os.access(program, os.X_OK) for program in PROGRAMS) and os.access(VIEWER, os.R_OK)
