// A budget planned while the request is written: the price follows what is typed, a moment later. Nothing is stored by it
// and no record is read; the button does the same without this.
const form = document.querySelector("form[data-plan]");
const shown = document.getElementById("priced");
const epsilon = form.elements.epsilon;
const PAUSE = 600;
let waiting = 0;
let asked = 0;

async function price() {
  const mine = ++asked;
  const body = new FormData(form);
  body.set("price", "1");
  const answer = await fetch(location.href, { method: "POST", body, headers: { "X-Background": "1" }, redirect: "error" });
  if (mine !== asked) return; // typed on since: a later answer is on its way
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("price");
  const why = page.querySelector(".nhsuk-error-summary__list");
  if (fresh) shown.replaceChildren(document.adoptNode(fresh));
  else shown.replaceChildren(hint(why ? why.innerText.trim() : "It has no price yet."));
}

function hint(text) {
  const told = document.createElement("p");
  told.className = "app-hint";
  told.textContent = text;
  return told;
}

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(() => price().catch(() => {}), PAUSE);
}

form.addEventListener("input", later);
form.addEventListener("change", later);

// from less noise to less spent: equal steps of the slider are equal ratios of the loss
const slider = document.getElementById("loss");
const [LEAST, MOST] = [0.01, 1];
const along = (value) => Math.round((100 * Math.log(value / LEAST)) / Math.log(MOST / LEAST));
const value = () => (LEAST * (MOST / LEAST) ** (slider.value / 100)).toFixed(3).replace(/0+$/, "");
document.getElementById("loss-box").hidden = false;
slider.value = along(Number(epsilon.value) || 0.5);
slider.addEventListener("input", () => { epsilon.value = value(); });
epsilon.addEventListener("input", () => { slider.value = along(Math.min(Math.max(Number(epsilon.value) || LEAST, LEAST), MOST)); });
