"""The About tab: what the network is, what it learned from, what it can not do."""

from html import escape

import gradio as gr

NETWORKS = {
    "emotion": "EmotionNet: convolutions with residual connections, then a two-way LSTM over time",
    "published": "the published CNN + BiLSTM, kept as a baseline",
}

TEXT = """
<section class="about">
<h2>What it does</h2>
<p>It turns up to three seconds of a voice into a picture of its tones, a log-mel spectrogram, and a small neural
network scores the picture for six emotions. What is longer is scored in windows of three seconds, and the scores are
their mean. It hears how something is said and knows nothing of the words.</p>
<h2>What it learned from</h2>
<p>{network}, trained from scratch on CREMA-D: {actors} of its 91 actors saying twelve sentences in six acted emotions.
The voices it is measured on were never heard in training.</p>
<h2>What it can not do</h2>
<p>It knows acted emotion in North American English, recorded close to a good microphone. It does not know what anyone
feels, is no lie detector and no health test, and must not be used to judge people. People who only hear these clips
name the acted emotion for four in ten; six scores that are close together mean that it does not know.</p>
<h2>Privacy</h2>
<p>Recordings go to the computer that runs this app and nowhere else. Uploads are deleted after an hour or two, and all of
them when the app is closed. No other host is asked for anything.</p>
<h2>Licence</h2>
<p>The code is under the MIT licence. {licence} Source: Cao, Cooper, Keutmann, Gur, Nenkova, Verma, IEEE Transactions on
Affective Computing 5(4), 2014.</p>
</section>
"""


def build(card: dict) -> gr.Tab:
    """Add the tab, with what the checkpoint's card says."""
    with gr.Tab("About", id="about") as tab:
        gr.HTML(
            TEXT.format(
                network=NETWORKS[card["network"]],
                actors=len(card.get("split", {}).get("train", ())) or "most",
                licence=escape(card.get("data_licence", "Trained on CREMA-D.")),
            )
        )
    return tab
