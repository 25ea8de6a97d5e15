import { initAll } from "./vendor/nhsuk-frontend-10.6.1/nhsuk-frontend.min.js";

initAll();

// A part of a page that waits for something asks for itself anew, and stops when the page no longer says so.
const PAUSE = 4000;

async function refresh(name) {
  const here = document.querySelector(`[data-refresh="${name}"]`);
  if (!here || document.hidden) return Boolean(here);
  const answer = await fetch(location.href, { headers: { "X-Background": "1" }, redirect: "error" });
  if (!answer.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector(`[data-part="${name}"]`);
  const part = document.querySelector(`[data-part="${name}"]`);
  if (!fresh || !part) return false;
  if (fresh.innerHTML !== part.innerHTML) part.replaceWith(document.adoptNode(fresh));
  return Boolean(document.querySelector(`[data-refresh="${name}"]`));
}

function wait(name) {
  setTimeout(() => refresh(name).then((again) => again && wait(name)).catch(() => wait(name)), PAUSE);
}

for (const element of document.querySelectorAll("[data-refresh]")) wait(element.dataset.refresh);
