"""Tables of docs/accuracy on the outlook: earlier years, and what was left out."""

from __future__ import annotations

from typing import Any

from accuracy_results import results


def world() -> str:
    """Outlooks of earlier years beside what was published later."""
    data = results("validate", "world")
    lines = [
        "| outlook of | later figures | in p5–p95 | CRPS | of a drift | bias | worth alone | right ranges hold |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in data["origins"]:
        right = f"{row['right_percent']['p5']:.0f}–{row['right_percent']['p95']:.0f}%"
        lines.append(f"| {row['origin']} | {_world_score(row['score'])} | {row['independent_figures']:.1f} | {right} |")
    for name, score in (("all", data["score"]), ("of them two and more years ahead", data["ahead"])):
        lines.append(f"| {name} | {_world_score(score)} | | |")
    return "\n".join(lines)


def world_left_out() -> str:
    """Countries, companies, publishers, editions and years that were left out."""
    lines = ["| left out | figures | in p5–p95 | CRPS | of a drift | bias |", "|---|---|---|---|---|---|"]
    given = {
        "country": "a country, given its earlier figures",
        "company": "a company, given its earlier figures",
        "source": "a publisher",
        "edition": "an edition, as its publisher would put it",
        "year": "a year",
    }
    for name, words in given.items():
        data = results("validate", "world", "--leave-out", name)
        lines.append(f"| {words} | {_world_score(data['score'])} |")
        if data["unseen"]:
            lines.append(f"| {words.split(',')[0]}, given no figure | {_world_score(data['unseen'])} |")
    return "\n".join(lines)


def _world_score(score: dict[str, Any]) -> str:
    pair = score["crps_with_naive"] is not None
    crps = score["crps_with_naive"] if pair else score["crps"]
    naive = f"{score['naive_crps']:.3f}" if pair else "none"
    return f"{score['n']} | {score['coverage_percent']:.0f}% | {crps:.3f} | {naive} | {score['bias_percent']:+.0f}%"
