// The desk with a keyboard: everything here can be done without it. Keys are silent while somebody types, and can be
// turned off for good.
const desk = document.querySelector("[data-desk]");
const form = document.getElementById("decision");
const off = document.getElementById("keys-off");
const sections = [...desk.querySelectorAll(".app-statistic")];
const STORED = "desk-keys-off";

document.getElementById("keys").hidden = false;
off.checked = localStorage.getItem(STORED) === "yes";
off.addEventListener("change", () => localStorage.setItem(STORED, off.checked ? "yes" : "no"));

const here = () => sections.findIndex((each) => each.contains(document.activeElement));

function step(by) {
  const next = Math.min(Math.max(here() + by, 0), sections.length - 1);
  sections[next]?.focus();
}

function choose(number) {
  const section = sections[here()];
  const radios = section ? section.querySelectorAll("input[type=radio]") : form.querySelectorAll("input[name=verdict]");
  if (radios[number]) radios[number].checked = true;
}

const filter = document.getElementById("filter");
if (filter) {
  filter.parentElement.hidden = false;
  filter.addEventListener("input", () => {
    const wanted = filter.value.trim().toLowerCase();
    for (const row of desk.querySelectorAll("[data-sortable] tbody tr")) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
    }
  });
}

const DO = {
  j: () => step(1),
  k: () => step(-1),
  1: () => choose(0),
  2: () => choose(1),
  3: () => choose(2),
  c: () => form.elements.reason.focus(),
  n: () => form.querySelector("button:not([name])").focus(),
  "/": () => filter?.focus(),
  "?": () => {
    const list = document.querySelector("#keys details");
    list.open = !list.open;
    list.querySelector("summary").focus();
  },
};
const TYPING = "input:not([type=radio]):not([type=checkbox]), textarea, select";

document.addEventListener("keydown", (event) => {
  if (off.checked || event.ctrlKey || event.metaKey || event.altKey || event.target.matches(TYPING)) return;
  if (!DO[event.key]) return;
  event.preventDefault();
  DO[event.key]();
});

// a reason that is chosen fills its sentence in, for the checker to go on from
const why = form.elements.why;
form.querySelector("button[name=add_reason]").hidden = true;
why.addEventListener("change", () => {
  const said = [...document.querySelectorAll("#sentences option")].find((each) => each.dataset.key === why.value);
  if (!said) return;
  const box = form.elements.reason;
  box.value = [box.value.trim(), said.value].filter(Boolean).join("\n");
  box.focus();
});

// tables sort by the heading that is pressed
function valueOf(row, column) {
  const cell = row.children[column];
  return cell.dataset.sort !== undefined ? Number(cell.dataset.sort || "-Infinity") : cell.textContent;
}

function sort(table, column, heading) {
  const up = heading.getAttribute("aria-sort") !== "ascending";
  for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", up ? "ascending" : "descending");
  const order = (a, b) => {
    const [x, y] = [valueOf(a, column), valueOf(b, column)];
    return (typeof x === "number" ? x - y : x.localeCompare(y)) * (up ? 1 : -1);
  };
  table.tBodies[0].append(...[...table.tBodies[0].rows].sort(order));
}

for (const table of desk.querySelectorAll("[data-sortable]")) {
  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const press = document.createElement("button");
    press.type = "button";
    press.className = "app-sort";
    press.textContent = heading.textContent;
    press.addEventListener("click", () => sort(table, column, heading));
    heading.replaceChildren(press);
  });
}
