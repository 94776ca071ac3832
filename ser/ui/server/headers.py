"""Response headers that restrict the page in the browser to what it needs."""

import base64
import hashlib
import re

# Sites on which Hugging Face shows a Space in a frame.
SPACES = "https://huggingface.co https://*.huggingface.co https://*.hf.space"
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
SWITCHED_OFF = ("camera", "display-capture", "geolocation", "payment", "usb")


def fixed_headers(embedded: bool) -> dict[str, str]:
    """Return the headers of every response.

    Parameters
    ----------
    embedded : whether Hugging Face Spaces shows the page in a frame
    """
    off = ", ".join(f"{feature}=()" for feature in SWITCHED_OFF)
    headers = {
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "permissions-policy": f"microphone=(self), {off}",
        "cross-origin-resource-policy": "same-origin",
    }
    return headers if embedded else headers | {"x-frame-options": "SAMEORIGIN"}


def content_policy(inline: list[str], embedded: bool) -> str:
    """Return the Content-Security-Policy of a page.

    gradio needs `unsafe-eval`, because it compiles the scripts of `gr.HTML` and of events from text, and inline styles.
    Its recorder reads recordings as `blob:`. No other server is contacted, and HTML that slips into the page cannot run
    scripts, because there is no `unsafe-inline`.

    Parameters
    ----------
    inline : hashes of the page's inline scripts
    embedded : whether Hugging Face Spaces shows the page in a frame
    """
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", "'unsafe-eval'", *inline]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "media-src": "'self' blob:",
        "font-src": "'self'",
        "connect-src": "'self' blob:",
        "worker-src": "'none'",
        "manifest-src": "'self'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": f"'self' {SPACES}" if embedded else "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def inline_hashes(html: str) -> list[str]:
    """Return the hashes of a page's inline scripts in the form of Content-Security-Policy.

    >>> inline_hashes("<script src='a.js'></script><script>1</script>")
    ["'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='"]
    """
    return [_hash(script) for script in INLINE_SCRIPT.findall(html)]


def _hash(script: str) -> str:
    # Browsers convert line ends to newlines before they compute the hash.
    text = re.sub(r"\r\n?", "\n", script).encode()
    return f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'"
