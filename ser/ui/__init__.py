"""The app in the browser: all of gradio is in this package."""

import importlib.machinery
import sys
from types import ModuleType
from typing import Any


class _NoStubs:
    """An importer that lets gradio load without rewriting the type stubs beside its components.

    It does so at each import, which takes 1.2 s of the 5 s that the app needs to start, and only editors read the stubs.
    """

    @staticmethod
    def find_spec(name: str, *path: Any) -> importlib.machinery.ModuleSpec | None:
        if name != "gradio.component_meta":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, *path)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = _WithoutStubs(spec.loader.name, spec.loader.path)
        return spec


class _WithoutStubs(importlib.machinery.SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        if "create_or_modify_pyi" in vars(module):
            vars(module)["create_or_modify_pyi"] = lambda *_: None


sys.meta_path.insert(0, _NoStubs)
