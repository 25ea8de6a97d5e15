"""`python -m infra.seeds --people N --seed N --out DIR`."""

from infra.seeds.command import seeds

seeds(prog_name="python -m infra.seeds")
