"""The page of a release package: one self-contained HTML file, summary first.

No script, no outside request, inline style only; every value is escaped. What it says of privacy is what the privacy
model promises, and the promise stands there unqualified for BLIND releases only.
"""

import math
from datetime import date
from decimal import Decimal
from html import escape

from gateway.evidence.chart import Look, chart
from gateway.evidence.figures import JSON, Figures, parts
from gateway.evidence.noise_words import chance, mechanism_line, sentence
from gateway.evidence.style import STYLE

PROMISE = (
    "For someone who sees only what was released: given the text of the requests, the released numbers would have been "
    'almost as likely had any one person\'s records never been there; "almost" is the stated (ε, δ) of everything '
    "released from that pool, added up for the life of the data."
)
BLIND = "Its author never had sight of rows of this pool."
INFORMED = (
    "Its author had sight of rows of this pool. The noise hides any one person in the numbers, given the text of the "
    "request; it says nothing about what the author put into the request after reading rows."
)
MAX_CHART = 120


def page(artefact: JSON, about: JSON) -> str:
    """The whole document."""
    title = escape(str(artefact["title"]))
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return "".join(
        (
            '<!doctype html><html lang="en-GB"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title} – release</title><style>{STYLE}</style></head><body>",
            '<a class="skip" href="#figures">Skip to the figures</a>',
            _header(artefact, about),
            '<main id="main">',
            _summary(artefact, about),
            '<div id="figures">',
            *(_statistic(artefact, each, number) for number, each in enumerate(artefact["statistics"])),
            "</div>",
            _privacy(artefact, about),
            _checks(about),
            _making(artefact),
            _files(artefact, about),
            "</main><footer><p>This page is complete in itself: it holds no script and asks for nothing from "
            "anywhere.</p></footer></body></html>",
        )
    )


def _header(artefact: JSON, about: JSON) -> str:
    known = [str(about[name]) for name in ("project_title", "release_id") if about.get(name)]
    if drawn := about.get("drawn_on"):
        known.append(f"drawn on {date.fromisoformat(drawn):%-d %B %Y}")
    return (
        f'<header><div class="bar-inner"><p class="kicker">Differentially private release</p><h1>'
        f'{escape(str(artefact["title"]))}</h1><p class="meta">{escape(" · ".join(known))}</p></div></header>'
    )


def _summary(artefact: JSON, about: JSON) -> str:
    cells = artefact["cells"]
    noisy = sum(cell["too_noisy"] for cell in cells)
    sampling = any(each.get("sampling") for each in artefact["statistics"])
    facts = (
        ("Figures released", f"{len(cells):,}"),
        ("Too noisy to use", f"{noisy:,}"),
        ("Privacy loss of this release alone", f"ε = {epsilon(artefact)}, δ = {delta(artefact)}"),
        ("Intervals", "95 %; some hold sampling too" if sampling else "95 %, for the noise alone"),
    )
    items = "".join(f"<div><dt>{name}</dt><dd>{escape(text)}</dd></div>" for name, text in facts)
    return (
        f'<section aria-labelledby="summary"><h2 id="summary">Summary</h2><dl class="facts">{items}</dl>'
        f"{_mark(about)}<p>Every figure below was blurred once with random noise before anybody saw it. The interval "
        "beside it says how far the noise may have moved it. Figures marked <em>too noisy to use</em> should not be "
        "read as findings.</p></section>"
    )


def _mark(about: JSON) -> str:
    blind = about["mark"] == "BLIND"
    promise = f"<p class=promise>{PROMISE}</p>" if blind else ""
    return (
        f'<div class="mark {"blind" if blind else "informed"}"><p><strong class="tag">'
        f"{'BLIND' if blind else 'INFORMED'}</strong> {BLIND if blind else INFORMED}</p>{promise}</div>"
    )


def _statistic(artefact: JSON, statistic: JSON, number: int) -> str:
    cells = [cell for cell in artefact["cells"] if cell["statistic"] == statistic["name"]]
    shown, name = parts(statistic, cells), f"s{number}"
    several = [f"<h3>{escape(each.heading)}</h3>" for each in shown] if len(shown) > 1 else [""]
    heading = sentence(str(statistic["name"]).replace("_", " ")) if len(shown) > 1 else shown[0].heading
    drawn = (
        f"{title}{_figure(each, f'{name}-{place}')}{_table(each)}"
        for place, (title, each) in enumerate(zip(several, shown, strict=True))
    )
    return (
        f'<section aria-labelledby="{name}"><h2 id="{name}">{escape(heading)}</h2>'
        f"<p>{escape(statistic['meaning'])}</p>{''.join(drawn)}{_notes(statistic)}</section>"
    )


def _figure(shown: Figures, name: str) -> str:
    rows = shown.rows()[:MAX_CHART]
    part = (
        f" The chart shows the first {MAX_CHART} of {len(shown.cells):,} figures."
        if len(rows) < len(shown.cells)
        else ""
    )
    look = Look(
        title=f"{shown.heading}: released values with 95 % intervals",
        description=f"{shown.description()}{part} The table after the chart holds every value.",
        unit=shown.unit,
        bars=shown.bars,
        percent=shown.percent,
    )
    key = "Bars show" if look.bars else "Dots show"
    caption = (
        f"{key} released values, lines their 95 % intervals (a line without an end goes on beyond the axis); hollow "
        f"means too noisy to use.{part}"
    )
    drawing = _scroll(f"{shown.heading}: chart", chart(rows, look, name=name))
    return f"<figure>{drawing}<figcaption>{caption}</figcaption></figure>"


def _table(shown: Figures) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in (*shown.keys, shown.value_name))
    body = "".join(
        f"<tr{' class=noisy' if cell['too_noisy'] else ''}>{shown.labels(cell)}"
        f'<td class="n">{escape(shown.number(cell["value"]))}</td><td class="n">{escape(shown.interval(cell))}</td>'
        f"<td>{_use(cell)}</td></tr>"
        for cell in shown.cells
    )
    return _scroll(
        f"{shown.heading}: table",
        f"<table><caption>{escape(shown.heading)} ({escape(shown.unit)})</caption><thead><tr>{head}"
        f'<th scope="col">95 % interval</th><th scope="col">Use</th></tr></thead><tbody>{body}</tbody></table>',
    )


def _scroll(label: str, content: str) -> str:
    """A part that may be wider than the page, reachable by keyboard."""
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}">{content}</div>'


def _use(cell: JSON) -> str:
    """What a figure is good for; one that has a value but never an interval says so elsewhere on the page."""
    if cell["too_noisy"]:
        return "Too noisy to use"
    return "See how far it may miss" if cell["low"] is None else "Usable"


def _notes(statistic: JSON) -> str:
    lines = [f"<strong>Interval.</strong> {escape(statistic['interval']['covers'])}", mechanism_line(statistic)]
    if statistic.get("noise_floor"):
        lines.append(f"<strong>Noise floor.</strong> {escape(statistic['noise_floor'])}")
    return "".join(f'<p class="note">{line}</p>' for line in lines)


def _privacy(artefact: JSON, about: JSON) -> str:
    sure = math.exp(float(epsilon(artefact)))
    sure = 100 * sure / (1 + sure)
    rarely = f" (except with a chance of about {delta(artefact)})" if artefact["delta_e15"] else ""
    pool = f"<p>{escape(str(about['pool']))}</p>" if about.get("pool") else ""
    return (
        '<section aria-labelledby="privacy"><h2 id="privacy">Privacy loss in plain words</h2><p>Suppose someone could '
        "not tell whether a given person is in the records: one chance in two. After reading this release alone they "
        f"could be at most {sure:.0f} % sure, however much else they know{rarely}.</p>"
        f"<p>This release alone has ε = {epsilon(artefact)} at δ = {delta(artefact)}. The ε of "
        "several releases do not simply add; the ledger adds ρ, and this release takes "
        f"ρ = {_plain(artefact['micro_rho'], 10**6)} from the pool of people for the life of the data. The protected "
        f"unit is {escape(artefact['neighbours'])}.</p>{pool}<p>Not covered: what becomes known of a group rather than "
        "of one person, families, practices, and people who hold two NHS numbers (their loss doubles).</p></section>"
    )


def _checks(about: JSON) -> str:
    """What the project's output rules say of the released values; nothing where a package was not checked."""
    told = about.get("checks")
    if not told:
        return ""
    found = "".join(
        f"<li><strong>{escape(sentence(each['outcome']))}.</strong> {escape(each['sentence'])}</li>"
        for each in told["findings"]
    )
    return (
        f'<section aria-labelledby="checks"><h2 id="checks">Checks of the released values</h2><p>Output rules: '
        f"{escape(told['name'])} ({escape(told['source'])}). {escape(sentence(told['overall']))}.</p>"
        f"<ul>{found}</ul></section>"
    )


def _making(artefact: JSON) -> str:
    literals = "".join(
        f"<li><code>{escape(each['text'])}</code> in {escape(each['where'])} ({each['bits']} bits)</li>"
        for each in artefact["literals"]
    )
    notes = "".join(f"<li>{escape(note)}</li>" for note in artefact["view_notes"])
    sql = f"<pre>{escape(artefact['view_sql'])}</pre>"
    return (
        '<section aria-labelledby="making"><h2 id="making">How it was made</h2><p>The view below gives one row per '
        "person, made from that person’s records alone. It was cleared before any noise was drawn.</p>"
        f"<details><summary>The view, in SQL</summary>{_scroll('The view', sql)}</details>"
        + "".join(_events(each) for each in artefact["statistics"] if "events_sql" in each)
        + (f"<h3>Values chosen by the author</h3><ul>{literals}</ul>" if literals else "")
        + (f"<h3>Notes on the view</h3><ul>{notes}</ul>" if notes else "")
        + "</section>"
    )


def _events(statistic: JSON) -> str:
    """The rows that a statistic counts people over."""
    name = f"Events of {str(statistic['name']).replace('_', ' ')}"
    sql = f"<pre>{escape(statistic['events_sql'])}</pre>"
    return f"<details><summary>{escape(name)}, in SQL</summary>{_scroll(name, sql)}</details>"


def _files(artefact: JSON, about: JSON) -> str:
    known = {"Request digest": artefact["request_digest"], "Artefact digest": about.get("artefact_digest")}
    known |= {f"Commitment: {name}": value for name, value in (about.get("commitments") or {}).items()}
    known["Register entry"] = about.get("register_entry")
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td><code>{escape(str(value))}</code></td></tr>'
        for name, value in known.items()
        if value
    )
    return (
        '<section aria-labelledby="files"><h2 id="files">In this package</h2><ul><li><code>table-….csv</code>: one '
        "table per statistic</li><li><code>artefact.json</code>: the sealed release, complete</li><li>"
        "<code>about.json</code>: project, mark and references</li></ul>"
        + _scroll("References", f"<table><caption>References</caption><tbody>{rows}</tbody></table>")
        + "</section>"
    )


def epsilon(artefact: JSON) -> str:
    """The ε of this release alone, as a decimal of three places rounded up."""
    return _plain(-(-int(artefact["epsilon_micro"]) // 1_000), 1_000)


def delta(artefact: JSON) -> str:
    """δ as a chance: "1 in 2 million"; that of the conversion and that of thresholds together."""
    return chance(int(artefact["delta_e15"]) + int(artefact.get("delta0_e15", 0)))


def _plain(number: int, unit: int) -> str:
    return f"{(Decimal(number) / unit).normalize():f}"
