"""The app in the browser: all of gradio is in this package."""

import importlib.machinery
import sys
from types import ModuleType
from typing import Any


class _Quicker:
    """An importer that leaves out what gradio does when it loads and this app does not need.

    It rewrites the type stubs beside its components, which takes 1.2 s of the 5 s that the app needs to start, and only
    editors read them. Where `mcp` is installed, it loads that for a server that this app does not use: 0.8 s.
    """

    @staticmethod
    def find_spec(name: str, *path: Any) -> importlib.machinery.ModuleSpec | None:
        if name not in _LOADERS:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, *path)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = _LOADERS[name](spec.loader.name, spec.loader.path)
        return spec


class _WithoutStubs(importlib.machinery.SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        if "create_or_modify_pyi" in vars(module):
            vars(module)["create_or_modify_pyi"] = lambda *_: None


class _WithoutServer(importlib.machinery.SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]
        if is_missing := "mcp" not in modules:
            modules["mcp"] = None  # an import of it fails
        try:
            super().exec_module(module)
        finally:
            if is_missing:
                del modules["mcp"]


_LOADERS = {"gradio.component_meta": _WithoutStubs, "gradio.mcp": _WithoutServer}
sys.meta_path.insert(0, _Quicker)
