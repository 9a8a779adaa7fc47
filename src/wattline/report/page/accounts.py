"""Carbon by account on the page: what each says, its range, and what it rests on."""

from __future__ import annotations

from wattline.report.page.tables import cell, html_table
from wattline.report.page.words import amount, as_span, esc, mapping, range_text
from wattline.report.words import Json

ROWS = (
    ("co2e_kg", "By location, life cycle", "kg", "location"),
    ("co2e_direct_kg", "By location, direct", "kg", "location"),
    ("co2e_market_kg", "By contracts, direct", "kg", "market"),
    ("co2e_marginal_kg", "Caused by more load (marginal)", "kg", "marginal"),
    ("carbon_free_wh", "Energy free of carbon in its hours", "Wh", "carbon_free"),
)
NOTE = "Each account answers another question; they are never added, and marginal never stands for average."


def accounts(results: Json) -> str:
    """A table of the accounts of one job, or of all together; "" where none is known."""
    signals = mapping(results.get("signals"))
    rows = []
    for name, label, unit, key in ROWS:
        extent = as_span(results.get(name))
        if extent is None or not signals:
            continue
        rows.append(
            f'<tr><th scope="row">{esc(label)}</th>{cell("Amount", esc(amount(extent.mid, unit)), "num")}'
            f"{cell('Range', esc(range_text(extent, unit)), 'num range')}"
            f"{cell('Rests on', esc(str(signals.get(key, ''))))}</tr>"
        )
    if not rows:
        return ""
    heads = [("Account", ""), ("p50", "num"), ("p5 – p95", "num range"), ("Rests on", "")]
    price = f" Cost: {signals.get('price', '')}."
    return html_table(heads, rows, "bill", "Carbon by account") + f'<p class="note">{esc(NOTE + price)}</p>'
