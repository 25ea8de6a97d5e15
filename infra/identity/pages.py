"""The persona page: one big button per made-up person under a loud banner."""

from collections.abc import Iterable
from html import escape

from infra.identity.personas import Persona

STYLE = """
body { margin: 0; font: 1.1875rem/1.47 Arial, sans-serif; color: #212b32; background: #f0f4f5 }
.warning { background: #d5281b; color: #fff; padding: 1rem; font-weight: bold; text-align: center }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem }
h1 { font-size: 2rem; line-height: 1.2 }
form { margin: 0 }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)) }
button { width: 100%; height: 100%; padding: 1rem 1.25rem; border: 1px solid #d8dde0; border-bottom: 4px solid #005eb8;
  border-radius: 4px; background: #fff; color: #212b32; font: inherit; text-align: left; cursor: pointer }
button:hover { background: #e8edee }
button:focus { outline: 4px solid #ffeb3b; outline-offset: 0; box-shadow: inset 0 0 0 4px #212b32 }
strong { display: block; color: #005eb8; font-size: 1.3125rem }
span { display: block; font-size: 1rem; color: #425563 }
p.factor { margin: 2rem 0 0 }
input { width: 1.25rem; height: 1.25rem; vertical-align: middle }
"""


def persona_page(personas: Iterable[Persona]) -> str:
    """A form that posts `persona` (a sub) back to the same address; `factor=one` leaves out the second factor."""
    buttons = "".join(
        f'<li><button name="persona" value="{escape(p.sub)}"><strong>{escape(p.persona)}</strong>'
        f"{escape(p.name)}<span>{escape(p.organisation)}</span></button></li>"
        for p in personas
    )
    return _page(
        "Choose who to be",
        "<p>Each of these people is made up. Choose one to sign in as them; no password is asked for.</p>"
        f'<form method="post"><ul>{buttons}</ul><p class="factor"><label>'
        '<input type="checkbox" name="factor" value="one"> '
        "Sign in without a second factor (to see it refused)</label></p></form>",
    )


def problem_page(sentence: str) -> str:
    """What is wrong with a request that cannot be sent back to its client."""
    return _page("This sign-in request cannot be used", f"<p>{escape(sentence)}</p>")


def _page(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} - development sign-in</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="/style.css"></head><body>'
        '<div class="warning" role="region" aria-label="Warning">Development sign-in: anybody can be anybody here. '
        f"Made-up people only.</div><main><h1>{title}</h1>{body}</main></body></html>"
    )
