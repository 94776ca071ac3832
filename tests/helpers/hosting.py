"""The files of deploy/, as the tests run them."""

import shutil

from tests.conftest import ROOT, skip_or_fail

README = ROOT / "README.md"
NGINX = ROOT / "deploy" / "nginx.conf"
SERVICE = ROOT / "deploy" / "emotion-listener@.service"


def find_nginx() -> str:
    path = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    return path or skip_or_fail("there is no nginx: install it (`apt-get install nginx-light`)")
