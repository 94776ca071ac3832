"""The configuration files that the documentation on hosting shows, as the tests run them."""

import re
import shutil

from tests.conftest import ROOT, skip_or_fail

README = ROOT / "README.md"


def readme_block(language: str) -> str:
    """Return the only fenced block of a language in the section."""
    section = README.read_text(encoding="utf-8").split("\n## Hosting\n")[1].split("\n## ")[0]
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    return block


def find_nginx() -> str:
    path = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    return path or skip_or_fail("there is no nginx: install it (`apt-get install nginx-light`)")
