"""The web app: each page's answer is the command line's, to the last digit; each address is an answer."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")

import httpx
from typer.main import get_command

from wattline.cli.main import app as command_line
from wattline.cli.main import main
from wattline.web.app.flat import rows_of
from wattline.web.app.forms import commands_in, fields_of
from wattline.web.app.fragment import fragment_of
from wattline.web.app.left_out import LEFT_OUT
from wattline.web.app.pages import LEADING, PAGES
from wattline.web.app.question import read_question
from web_place import get
from web_questions import QUESTIONS

ROOT = Path(__file__).parents[1]
FORMS = {name: fields_of(command) for name, command in commands_in(get_command(command_line))}


def test_the_command_serves_every_page_and_ends_when_it_is_told() -> None:
    code = "from wattline.cli.main import main; main(['web', '--port', '0'])"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        commands = httpx.get(f"{address}api/v1/").json()["commands"]
        assert set(commands) == set(FORMS) - set(LEFT_OUT)
        assert httpx.get(f"{address}serve").status_code == 200
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_every_command_with_an_answer_has_a_page_and_an_address_or_a_reason(base: str) -> None:
    commands = get(base, "/api/v1/").json()["commands"]
    spec = get(base, "/api/v1/openapi.json").json()["paths"]
    for name in FORMS:
        path = "/" + name.replace(" ", "/")
        if name in LEFT_OUT:
            assert len(LEFT_OUT[name].split()) > 3
            assert name not in commands
            continue
        assert commands[name]["address"] in spec
        page = get(base, f"{path}?blank=1")
        assert page.status_code == 200, path
        assert "<form" in page.text
    assert set(LEFT_OUT) <= set(FORMS)
    assert "/meter/report" in get(base, "/").text


def test_a_saving_of_two_recordings_that_are_sent(base: str) -> None:
    keys = []
    for name, watts in (("before.csv", 300), ("after.csv", 200)):
        rows = "time_s,gpu0_power_w\n" + "".join(f"{t},{watts + t % 7}\n" for t in range(120))
        keys.append(httpx.post(f"{base}/api/v1/uploads?name={name}", content=rows.encode()).json()["upload"])
    query = {"before": keys[0], "after": keys[1]}
    answer = get(base, "/api/v1/saving", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.json()["command"] == "saving"
    page = get(base, "/saving", params=query).text
    assert "before.csv" in page
    assert "wattline saving before.csv after.csv" in page


def printed(capsys: pytest.CaptureFixture[str], command: str, values: dict[str, str]) -> str:
    """What the command line prints for these values."""
    question = read_question(PAGES[command], FORMS[command], values.items())
    args = question.arguments({})
    place = args.index("--") if "--" in args else len(args)
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main([*args[:place], "--json", *args[place:]])
    assert stop.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", QUESTIONS)
def test_an_answer_equals_the_command_line_s_to_the_last_digit(
    base: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = get(base, f"/api/v1{PAGES[command].path}", params=QUESTIONS[command])
    assert reply.status_code == 200, reply.text
    assert reply.text == printed(capsys, command, QUESTIONS[command])


def test_each_page_s_first_inputs_are_options_of_its_command() -> None:
    for page in PAGES.values():
        assert set(page.first) <= set(FORMS[page.command]), page.command
        read_question(page, FORMS[page.command], page.example.items())
    assert set(LEADING) <= set(PAGES)


def test_a_page_holds_form_answer_and_ways_on(base: str) -> None:
    reply = get(base, "/prompt?model=llama-3.1-8b&draws=50&region=de")
    text = reply.text
    assert reply.status_code == 200
    assert 'value="llama-3.1-8b"' in text
    assert "A prompt of 500 tokens in, 300 out, Llama 3.1 8B" in text
    assert "wattline prompt llama-3.1-8b --region de --draws 50" in text
    assert "wl.prompt(&#39;llama-3.1-8b&#39;, region=&#39;de&#39;, draws=50)" in text
    for kind in ("json", "csv", "svg", "png", "html"):
        assert f'href="/prompt.{kind}?model=llama-3.1-8b' in text
    assert 'href="/prompt/why?' in text
    assert 'href="#facts"' in text
    assert text.rstrip().endswith("</html>")


def test_downloads_are_the_answer(base: str) -> None:
    query = "model=llama-3.1-8b&draws=50"
    data = json.loads(get(base, f"/prompt.json?{query}").text)
    rows = list(csv.reader(io.StringIO(get(base, f"/prompt.csv?{query}").text)))
    energy = next(row for row in rows if row[0] == "energy_wh")
    assert [float(x) for x in energy[1:4]] == [data["results"]["energy_wh"][p] for p in ("p5", "p50", "p95")]
    assert energy[4] == "watt-hours"
    svg = get(base, f"/prompt.svg?{query}")
    assert svg.text.startswith("<svg xmlns=")
    assert "var(" not in svg.text
    png = get(base, f"/prompt.png?{query}")
    assert (png.status_code, png.content[:4]) == (200, b"\x89PNG")
    report = get(base, f"/prompt.html?{query}")
    assert report.headers["content-disposition"].startswith("attachment")
    assert "wattline" in get(base, f"/prompt/why?{query}").text


def test_the_chart_of_a_claim_downloads_as_a_sound_file_and_as_a_picture(base: str) -> None:
    query = "claims=ChatGPT%20uses%202.9%20Wh%20per%20request&draws=40"
    svg = get(base, f"/check.svg?{query}")
    assert ElementTree.fromstring(svg.text).tag == "{http://www.w3.org/2000/svg}svg"
    png = get(base, f"/check.png?{query}")
    assert (png.status_code, png.content[:4]) == (200, b"\x89PNG")


def test_the_chart_of_a_file_of_claims_has_every_claim_that_states_a_figure(base: str) -> None:
    claims = json.loads(get(base, "/api/v1/check?claims=article&draws=40").text)["results"]["claims"]
    stated = [claim["says"] for claim in claims if claim["stated"]]
    assert len(stated) > 3
    chart = html.unescape(get(base, "/check.svg?claims=article&draws=40").text)
    assert [says for says in stated if f"“{says[:90]}" not in chart] == []


def test_an_answer_with_inputs_beyond_the_first_is_not_pushed_out_of_sight_by_the_form(base: str) -> None:
    page = get(base, "/prompt?model=llama-3.1-8b&draws=40&seed=7").text
    assert '<details class="more"><summary>' in page
    assert '<span class="set">Seed: 7</span>' in page


def test_the_middle_of_a_report_has_no_style_or_script_in_it(base: str) -> None:
    page = get(base, "/site.html?it=10MW&place=Dublin&draws=20").text
    fragment = fragment_of(page)
    whole = "".join(fragment[:4])
    assert "PUE by hour" in whole
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", whole)
    assert len(re.findall(r"\sstyle=", page)) > 0
    assert fragment.style.count("{") == len(set(re.findall(r'data-s="(\w+)"', whole)))


def test_a_value_that_is_wrong_is_said_on_the_page_with_the_form_kept(base: str) -> None:
    reply = get(base, "/prompt?model=llama-3.1-8b&gpus=many")
    assert reply.status_code == 400
    assert "is not a number" in reply.text
    assert 'value="many"' in reply.text
    reply = get(base, "/prompt?modle=llama-3.1-8b")
    assert reply.status_code == 400
    assert "nearest: model" in reply.text
    assert get(base, "/api/v1/prompt?model=nothing-like-it").status_code == 422


def test_empty_inputs_leave_the_address(base: str) -> None:
    reply = get(base, "/prompt?model=llama-3.1-8b&batch=&active=&draws=50")
    assert reply.status_code == 303
    assert reply.headers["location"] == "/prompt?model=llama-3.1-8b&draws=50"


def test_what_a_line_does_not_say_is_said_beside_the_answer(base: str) -> None:
    reply = get(base, "/ask", params={"q": "train 8B on 1T tokens with 512 H100"})
    assert reply.status_code == 303
    assert dict(parse_qsl(urlsplit(reply.headers["location"]).query))["model"] == "llama-3.1-8b"
    assert "taken as llama-3.1-8b" in get(base, reply.headers["location"]).text


def test_words_that_were_not_understood_are_named_beside_the_answer(base: str) -> None:
    reply = get(base, "/ask", params={"q": "1 GW of <u>Stargate</u> in Dublin"})
    page = get(base, reply.headers["location"]).text
    assert "Not understood, and left out: " in page
    assert "&lt;u&gt;Stargate" in page
    assert "<u>Stargate" not in page


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("H100 vs B200", "NVIDIA B200"),
        ("8 H100 server", "multiply them by 8"),
        ("carbon intensity of France", "region.fr.carbon_lifecycle_g_per_kwh"),
        ("when is power cheapest for my jobs in Germany", "this page takes a file"),
        ("measure my GPU", "<h1>"),
    ],
)
def test_a_line_leads_to_pages_without_a_command_too(base: str, line: str, shown: str) -> None:
    reply = get(base, "/ask", params={"q": line})
    assert reply.status_code == 303
    page = get(base, reply.headers["location"])
    assert page.status_code == 200
    assert shown in page.text


def test_a_line_that_compares_leads_to_answers_side_by_side(base: str) -> None:
    reply = get(base, "/ask", params={"q": "compare Llama 3.1 8B and 70B, 100 in, 10 out"})
    text = get(base, reply.headers["location"]).text
    assert text.count('<th scope="col"><a href="/prompt?') == 2
    assert "70B: taken as llama-3.1-70b" in text


def test_a_line_that_asks_nothing_is_answered_with_examples(base: str) -> None:
    reply = get(base, "/ask", params={"q": "<b>hello</b>"})
    assert reply.status_code == 400
    assert "&lt;b&gt;hello" in reply.text
    assert "<b>hello" not in reply.text


def test_answers_stand_side_by_side(base: str) -> None:
    addresses = ["/prompt?model=llama-3.1-8b&draws=50", "/prompt?model=llama-3.1-70b&draws=50", "nonsense"]
    reply = get(base, "/side-by-side", params=[("q", each) for each in addresses])
    assert reply.status_code == 200
    assert reply.text.count('<th scope="col"><a href="/prompt?') == 2
    assert "nonsense: " in reply.text
    assert "× " in reply.text


def test_the_catalog_is_searched_and_set_side_by_side(base: str) -> None:
    assert "chip.h100-sxm.tdp_w" in get(base, "/catalog?q=h100 tdp").text
    assert "No fact holds" in get(base, "/catalog?q=zzzz").text
    text = get(base, "/catalog/chip?r=h100-sxm&r=b200&r=nothing").text
    assert "NVIDIA H100" in text
    assert "Not in the catalog:" in text
    assert get(base, "/catalog/secrets").status_code == 404


def test_the_accuracy_table_is_that_of_the_readme(base: str) -> None:
    table = re.search(r"<!-- table: summary -->\n(.*?)<!-- end -->", (ROOT / "README.md").read_text(), re.S)
    assert table
    lines = [[part.strip() for part in line.strip("|").split("|")] for line in table[1].strip().split("\n")[2:]]
    rows = tomllib.loads((ROOT / "src/wattline/web/app/accuracy.toml").read_text())["row"]
    assert [[row["prediction"], row["against"], row["error"], row["inside"]] for row in rows] == lines
    assert lines[0][0] in get(base, "/accuracy").text


def test_measure_shows_what_is_read_here(base: str) -> None:
    text = get(base, "/measure").text
    assert "What does this machine draw?" in text
    with httpx.stream("GET", f"{base}/measure/live", timeout=20) as stream:
        line = next(line for line in stream.iter_lines() if line.startswith("data: "))
    assert isinstance(json.loads(line[6:]), list)


def test_rows_of_an_answer_are_its_numbers() -> None:
    rows = rows_of({"energy_wh": {"p5": 1, "p50": 2.0, "p95": 3}, "list": [{"mean_w": 4}], "title": "x", "on": True})
    assert rows == [("energy_wh", 1, 2.0, 3, "watt-hours"), ("list.0.mean_w", "", 4, "", "watts")]


def test_a_page_that_comes_again_is_the_same_and_need_not_be_sent_twice(base: str) -> None:
    for path in ("/", "/prompt?model=llama-3.1-8b&draws=50", "/catalog?q=h100"):
        get(base, path)
        reply = get(base, path)
        again = get(base, path, headers={"If-None-Match": reply.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        other = get(base, path, headers={"If-None-Match": reply.headers["etag"], "Cookie": "wattline_lang=zh"})
        assert other.status_code == 200
        assert 'lang="zh"' in other.text
        plain = get(base, path, headers={"Accept-Encoding": "identity"})
        assert plain.text == reply.text


def test_an_empty_form_is_a_question_where_nothing_must_be_given(slow: str) -> None:
    assert '<input type="hidden" name="ask"' in get(slow, "/validate/world").text
    sent = get(slow, "/validate/training?ask=usual&file=&file-file=")  # as a form without script sends it
    assert (sent.status_code, sent.headers["location"]) == (303, "/validate/training?ask=usual")
    for address in ("/validate/training?ask=usual", "/validate/world?ask=usual"):
        answer = get(slow, address).text
        assert 'class="result"' in answer
        assert f'data-address="{address}"' in answer
        assert 'class="result"' not in get(slow, address.partition("?")[0]).text
    for address in ("/prompt?blank=1", "/saving"):
        assert 'name="ask"' not in get(slow, address).text
