"""The examples in the docstrings run and give what they show."""

import doctest
import importlib
import pkgutil

import pytest

import ser

MODULES = [m.name for m in pkgutil.walk_packages(ser.__path__, "ser.") if not m.name.endswith("__main__")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name, monkeypatch, request):
    monkeypatch.chdir(request.config.rootpath)
    module = importlib.import_module(name)
    assert doctest.testmod(module, extraglobs={"LABELS": ser.labels.LABELS}).failed == 0
