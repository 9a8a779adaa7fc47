"""The names of ``import wattline``: each is what it is said to be, whatever else was imported before it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys

import pytest

import wattline as wl
from wattline.core.errors import WattlineError

EVERYTHING = """
import importlib, pkgutil
import wattline as wl
for module in pkgutil.walk_packages(wl.__path__, "wattline."):
    try:
        importlib.import_module(module.name)
    except ModuleNotFoundError as missing:
        assert not missing.name.startswith("wattline"), missing
wrong = [
    name
    for name, (module, attribute) in wl._WHERE.items()
    if getattr(wl, name) is not getattr(importlib.import_module(module), attribute)
]
print(wrong)
"""


def test_every_name_is_what_it_must_be_after_every_module_was_imported() -> None:
    done = subprocess.run([sys.executable, "-c", EVERYTHING], capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_no_module_of_the_package_bears_the_name_of_a_function() -> None:
    children = {module.name for module in pkgutil.iter_modules(wl.__path__)}
    assert "predict" in children
    assert not children & set(wl.__all__)


def test_the_names_are_those_of_the_list() -> None:
    assert sorted(wl.__all__) == wl.__all__ == sorted(wl._WHERE)
    for name in wl.__all__:
        module, attribute = wl._WHERE[name]
        assert getattr(wl, name) is getattr(importlib.import_module(module), attribute)
        assert name in dir(wl)


@pytest.mark.parametrize("name", ["site", "serve", "serve_average", "frontier", "prompt", "train", "fact", "bill"])
def test_functions_can_be_called(name: str) -> None:
    assert callable(getattr(wl, name))


def test_a_name_that_is_gone_tells_the_new_one() -> None:
    with pytest.raises(AttributeError, match=r"is now wattline\.serve"):
        _ = wl.service
    with pytest.raises(AttributeError, match=r"is now wattline\.Where"):
        _ = wl.Outdoors
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = wl.nothing


def test_arguments_of_before_tell_the_new_ones() -> None:
    with pytest.raises(TypeError, match="it is now batch_tokens"):
        wl.train("llama-3.1-8b", tokens="1B", chip="h100-sxm", chips=8, batch=5)
    with pytest.raises(TypeError, match="it is now where, or place"):
        wl.prompt("llama-3.1-8b", outdoors=5)
    with pytest.raises(TypeError, match="it is now site"):
        wl.site("1MW", place="Dublin", hall="large")
    with pytest.raises(WattlineError, match="a share is utilisation"):
        wl.site("1MW", place="Dublin", load=0.5, draws=0)
    pytest.importorskip("numba")
    for question in (wl.serve, wl.frontier):
        with pytest.raises(WattlineError, match=r"take wl\.serve_average"):
            question("llama-3.1-8b", "864k/day")


@pytest.mark.parametrize("name", sorted(name for name in wl.__all__ if inspect.isfunction(getattr(wl, name))))
def test_a_public_function_says_what_each_parameter_is_and_what_it_returns(name: str) -> None:
    function = getattr(wl, name)
    text = inspect.getdoc(function) or ""
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    names = [p.name for p in inspect.signature(function).parameters.values() if p.kind in kinds]
    named = {parameter for parameter in names if re.search(rf"^(\w+, )*{parameter}(, \w+)*( : |$)", text, re.MULTILINE)}
    assert set(names) - named == set()
    assert "Raises" in text
