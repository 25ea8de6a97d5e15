"""A picture of every page, as each person of the demonstration sees it: `./run screenshots`."""
