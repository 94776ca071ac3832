"""The About tab: what the network is, what it learned from, how well it does, and what it cannot do."""

import re
from collections.abc import Callable
from html import escape

import gradio as gr

from ser.labels import EMOTION_NAMES, LABELS

NETWORKS = {
    "emotion": "EmotionNet: residual convolutions with squeeze and excitation, then a bidirectional LSTM over time and "
    "attentive pooling",
    "published": "the published CNN + BiLSTM, kept as a baseline",
    "wide": "the wide network: on the encoder of a speech model that others trained, a small CNN + BiLSTM",
}
MEASURES = {
    "accuracy": ("Accuracy", "clips for which the answer is the acted emotion"),
    "uar": ("UAR", "the same, with equal weight for each emotion"),
    "macro_f1": ("Macro F1", "balance of recall and precision"),
}

TEXT = """
<section class="about">
<div class="words">
<h2>What it does</h2>
<p>It turns up to three seconds of a voice into a picture of its tones, a log-mel spectrogram. A small neural network
scores the picture for six emotions. Longer recordings are scored in windows of three seconds. The network hears how
something is said and does not understand the words.</p>
<p><button type="button" class="look small-button" data-tour>Five-minute tour</button></p>
<h2>What it learned from</h2>
<p>It is {network}{size}. {part} was trained from scratch on CREMA-D: {actors} of its 91 actors saying twelve sentences in six acted
emotions. It is tested on voices that it never heard in training.{note}</p>
<div class="adaptation" hidden><h2>What it has learned here</h2>
<p>In this browser it scores with the adaptation <strong><bdi class="adaptation-name"></bdi></strong>, which was made from
<span class="adaptation-source"></span>. <span class="adaptation-effect"></span></p>
<p>An adaptation knows the recordings and labels that it was made from. For other rooms, languages or kinds of recordings it
may be worse than none. Whatever the labels share, such as the habits of one annotator, it learns as well.</p></div>
<h2>What it cannot do</h2>
<ul>
<li>It knows <strong>acted</strong> emotions, not what a person feels.</li>
<li>It learned from North American English in a quiet room: expect less with other languages, accents, rooms and
microphones.</li>
<li>It is not a lie detector or a health test, and must not be used to judge people.</li>
<li>It must not be used at work or at school: the European Union's AI Act (article 5(1)(f)) forbids it there since
2 February 2025, except for medical or safety reasons.</li>
<li>If the six scores are close together, it does not know.</li>
<li>One sentence in a normal voice, or an adaptation to recordings and labels, helps with a new voice, room or language. It
does not make the network hear what it could not: takes of a single emotion hide that emotion, labels teach the mistakes of
who gave them, and figures within one speaker flatter.</li>
</ul>
<h2>Privacy</h2>
<p>Recordings go to <strong class="host">the computer that runs this app</strong> and nowhere else. They are deleted
within two hours, when the app stops, or as soon as you delete them. No other server is contacted. This browser remembers the theme,
and whether shortcuts are on and the desk is shown.</p>
<h2>Licence</h2>
<p>The code is under the MIT licence. {licence} Source: Cao, Cooper, Keutmann, Gur, Nenkova, Verma, IEEE Transactions on
Affective Computing 5(4), 2014.</p>
</div>
{figures}
</section>
"""

# The text is that of the app's own network, unless the browser has chosen another. The page knows the computer by the
# address that the person typed.
FILL_IN = """
const chosen = server.read_chosen({}).catch(() => "").then((text) => {
  if (text) element.querySelector(".about").outerHTML = text;
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
  element.querySelector(".host").textContent = local ? "this computer" : location.hostname;
});
Promise.all([server.adaptation_in_use({}), chosen]).then(([answer]) => {
  if (!answer?.name) return;
  element.querySelector(".adaptation-name").textContent = answer.name;
  element.querySelector(".adaptation-source").textContent = answer.made_from;
  element.querySelector(".adaptation-effect").textContent = answer.effect;
  element.querySelector(".adaptation").hidden = false;
}, () => null);
"""


def build(
    card: dict,
    *,
    adaptation_in_use: Callable[[dict], dict],
    get_wide_card: Callable[[], dict] = dict,
    note: str = "",
) -> gr.Tab:
    """Add the tab.

    Parameters
    ----------
    card : the checkpoint's card
    adaptation_in_use : the server function that describes the browser's adaptation
    get_wide_card : returns the card of the wide network if the browser of a request has chosen that, or an empty dict
    note : a sentence about another network
    """

    def read_chosen(request: dict) -> str:
        wide = get_wide_card()
        return describe(wide) if wide else ""

    with gr.Tab("About", id="about") as tab:
        gr.HTML(describe(card, note), js_on_load=FILL_IN, server_functions=[adaptation_in_use, read_chosen])
    return tab


def describe(card: dict, note: str = "") -> str:
    """Return the HTML of the tab, without the facts that the card does not have."""
    measured = card.get("metrics", {}).get("test", {})
    size = f" with {measured['parameters']:,} parameters" if "parameters" in measured else ""
    return TEXT.format(
        network=NETWORKS[card["network"]],
        size=size,
        part="Only that part of it" if card["network"] == "wide" else "It",
        note=re.sub("`(.+?)`", r"<code>\1</code>", f" {escape(note)}") if note else "",
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
    votes_note = (
        f" People: {people['n']:,} votes of listeners who heard these clips without video." if people else ""
    )
    actors = len(card.get("split", {}).get("test", ()))
    return (
        f'<aside class="figures" aria-label="Figures"><h2>How well it does</h2><table><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>{_recalls(measured)}"
        f'<p class="hint">On the {measured["clips"]:,} test clips{f" of {actors} actors" if actors else ""}. Guessing '
        f"would give {1 / len(LABELS):.1%}.{votes_note}</p></aside>"
    )


def _recalls(measured: dict) -> str:
    emotions = measured.get("per_emotion", {})
    if set(emotions) != set(LABELS):
        return ""
    rows = "".join(
        f'<li><span>{EMOTION_NAMES[label]}</span><span class="track"><span class="fill" style="--share: '
        f'{emotions[label]["recall"]:.4f}; --colour: var(--emotion-{label})"></span></span>'
        f"<span>{emotions[label]['recall']:.0%}</span></li>"
        for label in LABELS
    )
    return f'<h3>How often each acted emotion is recognized</h3><ul class="recalls">{rows}</ul>'
