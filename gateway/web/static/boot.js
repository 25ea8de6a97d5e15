import { initAll } from "./vendor/nhsuk-frontend-10.6.1/nhsuk-frontend.min.js";

initAll();

// A page that waits for something asks for itself anew, and stops when it no longer says so. What changes with it is
// marked as a part.
const PAUSE = 4000;

async function refresh(name) {
  const here = document.querySelector(`[data-refresh="${name}"]`);
  if (!here || document.hidden) return Boolean(here);
  const answer = await fetch(location.href, { headers: { "X-Background": "1" }, redirect: "error" });
  if (!answer.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!fresh) return false;
    // by what people read: hidden tokens are new each time, and who stands on a button must not lose it for them
    if (fresh.textContent !== part.textContent) part.replaceWith(document.adoptNode(fresh));
  }
  return Boolean(document.querySelector(`[data-refresh="${name}"]`));
}

function wait(name) {
  setTimeout(() => refresh(name).then((again) => again && wait(name)).catch(() => wait(name)), PAUSE);
}

for (const element of document.querySelectorAll("[data-refresh]")) wait(element.dataset.refresh);
