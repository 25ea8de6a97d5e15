"""Decides what may leave the room: priced requests, one draw, honest intervals.

As a library, over any folder of Parquet tables in the catalogue's shape (`room`) and a file of secret sampling keys::

    from disclosure.engines.plan import SnapshotFiles
    from disclosure.release import draw, price
    from disclosure.requests import parse_request
    from disclosure.terms import Terms

    terms = Terms(tables={"person": ("sex",)}, delta_e15=500_000_000, public_population=20_000)
    request = parse_request({
        "title": "People by sex",
        "view": {"sql": "SELECT person_id, sex FROM person"},
        "statistics": [{"name": "people", "kind": "count", "by": ["sex"]}],
        "epsilon": "0.5",
    })
    cost = price(request, terms)  # refuses here, before anything is read
    artefact = draw(request, terms, SnapshotFiles(room, sampling), charged_micro_rho=cost.micro_rho)
    for cell in artefact.cells:
        print(cell["labels"]["sex"], cell["value"], cell["low"], cell["high"])

Whoever calls `draw` twice spends twice: keeping the account, and asking the same question once, is the caller's part.
"""
