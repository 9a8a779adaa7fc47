"""Check the built site: every link leads to a file and an anchor that exist, and nothing is loaded from the network.

python tools/links.py build/docs
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADS = {("img", "src"), ("script", "src"), ("link", "href"), ("iframe", "src"), ("source", "src"), ("video", "src")}
NOT_LOADED = {"canonical", "prev", "next", "alternate", "edit"}


class Page(HTMLParser):
    """Links, loaded files and anchors of one HTML page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        for name in ("src", "href"):
            loaded = (tag, name) in LOADS and name in values
            if loaded and not (tag == "link" and values.get("rel") in NOT_LOADED):
                self.loads.append(values[name])


def faults(site: Path) -> list[str]:
    """Every broken link of a site, and every file that it would load from the network."""
    pages = {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    result = []
    for path, page in pages.items():
        if path.name == "404.html":
            continue
        name = path.relative_to(site.resolve())
        result += [f"{name}: loads {url} from the network" for url in page.loads if urlsplit(url).netloc]
        for url in [*page.links, *page.loads]:
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                result.append(f"{name}: {url}: no such file")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                result.append(f"{name}: {url}: no such anchor")
    return sorted(set(result))


def main() -> None:
    broken = faults(Path(sys.argv[1]))
    print("\n".join(broken) or "links: no fault")
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
