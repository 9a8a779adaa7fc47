"""What the bill of a measured command rests on is read before the command begins: afterwards it would be too late."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli_commands import refused
from wattline.core.errors import WattlineError
from wattline.predict.flex.response import Reserves, flex_response
from wattline.predict.flex.worth import Prices

BAD = {
    "a file that is not there": (["--carbon", "nowhere.csv"], "does not exist"),
    "a file of something else": (["--price", "{file}"], "{file}"),
    "no address": (["--carbon-url", "-1"], "is no address"),
    "half an address": (["--carbon-url", "http://[::1"], "is no address"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_place_is_refused_before_the_command_begins(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options, words = BAD[case]
    file, begun = tmp_path / "table.csv", tmp_path / "begun"
    file.write_text("time,width\n2024-01-01T00:00:00Z,3\n2024-01-01T01:00:00Z,4\n", encoding="utf-8")
    options = [option.format(file=file) for option in options]
    line = refused(capsys, "measure", *options, "--", "touch", str(begun))
    assert words.format(file=file.name) in line
    assert not begun.exists()


def test_what_has_no_effect_on_a_response_and_hours_that_a_year_has_not_are_refused() -> None:
    for hours in (float("nan"), -1.0, 0.0, 9000.0):
        with pytest.raises(WattlineError, match="--called"):
            Prices(called_h=hours)
    with pytest.raises(WattlineError, match="--battery-power does nothing here"):
        flex_response("1 MW", "llama-3.1-8b", chip="h100-sxm", draws=0, reserves=Reserves(battery_power="1 MW"))
