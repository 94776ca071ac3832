"""The About tab: what the network is, what it learned from, how well it does, what it can not do."""

from html import escape

import gradio as gr

from ser.labels import EMOTION_NAMES, LABELS

NETWORKS = {
    "emotion": "EmotionNet: residual convolutions with squeeze and excitation, then a two-way LSTM over time and "
    "attentive pooling",
    "published": "the published CNN + BiLSTM, kept as a baseline",
}
MEASURES = {
    "accuracy": ("Accuracy", "clips named as the actor was asked to sound"),
    "uar": ("UAR", "the same, each emotion counting alike"),
    "macro_f1": ("Macro F1", "balance of what is found and what is claimed"),
}

TEXT = """
<section class="about">
<div class="words">
<h2>What it does</h2>
<p>It turns up to three seconds of a voice into a picture of its tones, a log-mel spectrogram, and a small neural
network scores the picture for six emotions. What is longer is scored in windows of three seconds. It hears how
something is said and knows nothing of the words.</p>
<h2>What it learned from</h2>
<p>It is {network}{size}. It was trained from scratch on CREMA-D: {actors} of its 91 actors saying twelve sentences in six acted
emotions. The voices it is measured on were never heard in training.</p>
<h2>What it cannot do</h2>
<ul>
<li>It knows <strong>acted</strong> emotion, not what anyone feels.</li>
<li>It learned from North American English in a quiet room: expect less with other languages, accents, rooms and
microphones.</li>
<li>It is no lie detector and no health test, and must not be used to judge people.</li>
<li>Six scores that are close together mean that it does not know.</li>
</ul>
<h2>Privacy</h2>
<p>Recordings go to <strong class="host">the computer that runs this app</strong> and nowhere else. Uploads are deleted
an hour or two after they came, and all of them when the app is closed. No other host is asked for anything. Theme, open
tab and whether shortcuts are on are kept in this browser.</p>
<h2>Licence</h2>
<p>The code is under the MIT licence. {licence} Source: Cao, Cooper, Keutmann, Gur, Nenkova, Verma, IEEE Transactions on
Affective Computing 5(4), 2014.</p>
</div>
{figures}
</section>
"""

# The page knows best which computer that is: the address was typed by the person who reads it.
NAME_THE_HOST = """
const local = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
element.querySelector(".host").textContent = local ? "this computer" : location.hostname;
"""


def build(card: dict) -> gr.Tab:
    """Add the tab, with what the checkpoint's card says."""
    with gr.Tab("About", id="about") as tab:
        gr.HTML(describe(card), js_on_load=NAME_THE_HOST)
    return tab


def describe(card: dict) -> str:
    """Return the text of the tab as HTML; what the card does not know is left out."""
    measured = card.get("metrics", {}).get("test", {})
    size = f" with {measured['parameters']:,} parameters" if "parameters" in measured else ""
    return TEXT.format(
        network=NETWORKS[card["network"]],
        size=size,
        actors=len(card.get("split", {}).get("train", ())) or "most",
        licence=escape(card.get("data_licence", "Trained on CREMA-D.")),
        figures=_figures(measured, card) if "accuracy" in measured else "",
    )


def _figures(measured: dict, card: dict) -> str:
    people = card.get("people", {}).get("votes", {})
    head = '<th scope="col">Network</th>' + ('<th scope="col">People</th>' if people else "")
    rows = "".join(
        f'<tr><th scope="row">{name}<span>{words}</span></th><td><strong>{measured[key]:.1%}</strong></td>'
        + (f"<td>{people[key]['value']:.1%}</td>" if people else "")
        + "</tr>"
        for key, (name, words) in MEASURES.items()
        if key in measured
    )
    heard = f" People: {people['n']:,} votes of listeners who only heard these clips." if people else ""
    actors = len(card.get("split", {}).get("test", ()))
    return (
        f'<aside class="figures" aria-label="Figures"><h2>How well it does</h2><table><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>{_recalls(measured)}"
        f'<p class="hint">On the {measured["clips"]:,} test clips{f" of {actors} actors" if actors else ""}. Guessing '
        f"would reach {1 / len(LABELS):.1%}.{heard}</p></aside>"
    )


def _recalls(measured: dict) -> str:
    found = measured.get("per_emotion", {})
    if set(found) != set(LABELS):
        return ""
    rows = "".join(
        f'<li><span>{EMOTION_NAMES[label]}</span><span class="track"><span class="fill" style="--share: '
        f'{found[label]["recall"]:.4f}; --colour: var(--emotion-{label})"></span></span>'
        f"<span>{found[label]['recall']:.0%}</span></li>"
        for label in LABELS
    )
    return f'<h3>Of each acted emotion, so many clips are named</h3><ul class="recalls">{rows}</ul>'
