/* The picture of a desktop. Only keys and the pointer go in; nobody listens to what the room puts on its clipboard. */
import RFB from "./novnc/core/rfb.js";

const picture = document.getElementById("picture");
const state = document.getElementById("state");
const mark = document.getElementById("mark");
const ahead = Number(picture.dataset.now) * 1000 - Date.now(); // the gateway's clock, not this machine's

const address = new URL("socket", location.href);
address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
const room = new RFB(picture, address.href, { shared: true, wsProtocols: ["binary"] });
room.scaleViewport = true;
room.focusOnClick = true;
room.addEventListener("connect", () => { state.textContent = "Connected"; room.focus(); });
room.addEventListener("disconnect", () => { state.textContent = "Closed: go back to the gateway to open it again"; });

for (let place = 0; place < 40; place += 1) mark.append(document.createElement("span"));
function tell() {
  const time = new Date(Date.now() + ahead).toISOString().slice(0, 19).replace("T", " ");
  for (const each of mark.children) each.textContent = `${picture.dataset.who} · ${time} UTC`;
}
tell();
setInterval(tell, 1000);
addEventListener("beforeprint", () => { picture.hidden = true; });
