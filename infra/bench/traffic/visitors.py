"""Who comes by, and to read which page: weights by kind of visitor, addresses as their pages link to them."""

import random
from dataclasses import dataclass

from infra.bench.traffic.asking import Ask
from infra.bench.traffic.journeys import Journeys
from infra.bench.traffic.town import Somebody, Town

READ = "page "
# of a hundred visits; commands are steps of journeys
MIX = (("public", 25), ("researcher", 40), ("checker", 15), ("committee", 10), ("command", 10))
PUBLIC = ("/", "/register", "/status")
RESEARCHER = ("/tasks", "/projects", "/projects/*", "/releases", "/releases/*", "/account")
CHECKER = ("/tasks", "/releases", "/releases/*")
COMMITTEE = ("/tasks", "/projects", "/projects/*")


@dataclass
class Visitors:
    """The crowd; each call is the next of them with what they ask for."""

    town: Town
    journeys: Journeys
    rng: random.Random

    def __call__(self) -> Ask:
        """The next request."""
        kind = self.rng.choices([name for name, _ in MIX], [weight for _, weight in MIX])[0]
        if kind == "command" and (asked := self.journeys.next()) is not None:
            return asked
        if kind == "researcher":
            project_id, group = self.rng.choice(list(self.town.projects.items()))
            return self._page(self.rng.choice(group), self.rng.choice(RESEARCHER), kind, project_id)
        if kind == "checker":
            return self._page(self.rng.choice(self.town.checkers), self.rng.choice(CHECKER), kind)
        if kind == "committee":
            project_id = self.rng.choice(list(self.town.projects))
            member = self.rng.choice((*self.town.committee, *self.town.lay))
            return self._page(member, self.rng.choice(COMMITTEE), kind, project_id)
        path = self.rng.choice(PUBLIC)
        return Ask(f"{READ}public {path}", path)

    def _page(self, who: Somebody, path: str, kind: str, project_id: str = "") -> Ask:
        """A page with the browser's cookie; an address with a star is one of a subject that this person may see."""
        asked = path
        if path == "/projects/*":
            asked = f"/projects/{project_id}"
        elif path == "/releases/*":
            known = self.journeys.seen_by.get(project_id) if kind == "researcher" else self.journeys.submitted
            asked = f"/releases/{self.rng.choice(known)}" if known else "/releases"
        return Ask(f"{READ}{kind} {path}", asked, (("Cookie", f"session={who.cookie}"),))
