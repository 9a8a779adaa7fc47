"""Tables of docs/accuracy on sites: PUE and water, as fitted and left out."""

from __future__ import annotations

from accuracy_results import SITES, results


def site() -> str | None:
    """Errors of PUE and WUE of published sites."""
    if not SITES.exists():
        return None
    data = results("validate", "site", str(SITES), "--draws", "200")
    lines = ["| against | figures | mean absolute error | bias | in p5–p95 |", "|---|---|---|---|---|"]
    for name, key in (("PUE", "pue"), ("Water at the site, L/kWh", "wue")):
        for operator, score in [("all", data["scores"][key]), *data["groups"][key].items()]:
            errors = (
                f"{score['mean_absolute_error']:.3f} | {score['mean_error']:+.3f} | {score['coverage_percent']:.0f}%"
            )
            lines.append(f"| {name}, {operator} | {score['n']} | {errors} |")
    return "\n".join(lines)


def site_left_out() -> str | None:
    """Errors of PUE and WUE by ranges that have not seen the site, the operator or the year."""
    if not SITES.exists():
        return None
    lines = ["| against | left out | mean absolute error | bias | in p5–p95 |", "|---|---|---|---|---|"]
    for by in ("site", "operator", "year"):
        data = results("validate", "site", str(SITES), "--draws", "200", "--leave-out", by)
        rows = [("PUE, all", data["scores"]["pue"])]
        rows += [("PUE, Amazon Web Services", data["groups"]["pue"]["Amazon Web Services"])]
        rows += [("Water at the site, L/kWh, all", data["scores"]["wue"])]
        for name, score in rows:
            errors = f"{score['mean_absolute_error']:.3f} | {score['mean_error']:+.3f}"
            lines.append(f"| {name} | {by} | {errors} | {score['coverage_percent']:.0f}% |")
    return "\n".join(lines)
