"""The looks of the app: system fonts, one accent colour, one colour for each emotion, and the styles and scripts."""

from pathlib import Path

import gradio as gr
from gradio.themes.utils import colors

from ser.audio.reading import SAMPLE_RATE
from ser.labels import LABELS
from ser.ui.page.served_files import read_beside

HERE = Path(__file__).resolve().parent
APP_ICON = HERE / "icon.png"  # icon.svg on a dark background, 512 pixels; gradio derives the smaller ones
STYLES = (  # in this order: a later rule wins over an earlier one
    "styles/style.css",
    "styles/about.css",
    "../desk/agreement.css",
    "../desk/desk.css",
    "../desk/learning/learn.css",
    "../dataset/dataset.css",
    "../many/many.css",
    "../inspect/inspect.css",
    "../record/live.css",
    "../record/my_voice.css",
    "../record/record.css",
    "../results/results.css",
    "styles/shell.css",
    "../takes/sitting.css",
    "../tour/tour.css",
    "../viewer/viewer.css",
    "../viewer/tools.css",
    "styles/stage.css",
    "../dataset/splits.css",
    "styles/media.css",
)
# For a light and a dark background. Found by a search for colours with a contrast of at least 3:1 to the background that
# also differ from each other for people without red, green or blue cones. A word always accompanies them.
EMOTION_COLOURS = {
    "ANG": ("#d81f3c", "#ef5340"),
    "DIS": ("#0b7a2a", "#86efb0"),
    "FEA": ("#8c3d86", "#b0609c"),
    "HAP": ("#c98200", "#f0a61a"),
    "NEU": ("#80848e", "#a8acb4"),
    "SAD": ("#4f8ee0", "#4a86f0"),
}

# The browser encodes 16-bit WAV itself, at the networks' sample rate.
WAVEFORM = gr.WaveformOptions(
    sample_rate=SAMPLE_RATE, waveform_color="#9a9eab", waveform_progress_color="#6366f1"
)

FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Helvetica Neue", "sans-serif")
MONO_FONTS = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "DejaVu Sans Mono", "monospace")

ACCENT = colors.indigo
GROUND = colors.Color(
    name="ground",
    c50="#f8f8fa",
    c100="#f0f0f4",
    c200="#e2e3e9",
    c300="#c9cbd4",
    c400="#9a9eab",
    c500="#6b7080",
    c600="#4f5463",
    c700="#3a3e4b",
    c800="#2a2d38",
    c900="#191b22",
    c950="#101117",
)


def make_theme() -> gr.themes.Base:
    """Return the theme: calm backgrounds, panels with a thin border, and no fonts from other servers."""
    theme = gr.themes.Base(
        primary_hue=ACCENT,
        secondary_hue=ACCENT,
        neutral_hue=GROUND,
        font=FONTS,
        font_mono=MONO_FONTS,
        radius_size=gr.themes.sizes.radius_lg,
    )
    theme.name = "emotion-listener"
    return theme.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color="#1c1e26",
        body_text_color_dark="#ecedf2",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="#a9adb9",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="*neutral_900",
        background_fill_secondary="*neutral_50",
        background_fill_secondary_dark="#14161c",
        block_background_fill="#ffffff",
        block_background_fill_dark="*neutral_900",
        block_border_width="1px",
        block_border_color="*neutral_200",
        block_border_color_dark="*neutral_800",
        border_color_primary="*neutral_200",
        border_color_primary_dark="*neutral_800",
        block_shadow="none",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_border_width="0px",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="#a9adb9",
        block_title_text_color="*neutral_600",
        block_title_text_color_dark="#a9adb9",
        block_title_text_weight="500",
        input_background_fill="#ffffff",
        input_background_fill_dark="#14161c",
        input_border_color="*neutral_300",
        input_border_color_dark="*neutral_700",
        input_border_width="1px",
        input_border_color_focus="*primary_500",
        input_border_color_focus_dark="*primary_400",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_dark="#20232c",
        button_secondary_background_fill_hover="*primary_50",
        button_secondary_background_fill_hover_dark="#2a2d3a",
        button_secondary_border_color="*neutral_300",
        button_secondary_border_color_dark="*neutral_700",
        button_secondary_border_color_hover="*primary_400",
        button_secondary_border_color_hover_dark="*primary_400",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_hover_dark="*primary_500",
        button_primary_text_color="#ffffff",
        button_border_width="1px",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
        color_accent="*primary_600",
        table_even_background_fill="#ffffff",
        table_even_background_fill_dark="*neutral_900",
        table_odd_background_fill="#ffffff",
        table_odd_background_fill_dark="*neutral_900",
        table_row_focus="*primary_50",
        table_row_focus_dark="#262a40",
    )


def make_css() -> str:
    """Return the style sheet: a variable for each emotion's colour, then `STYLES`."""
    light = "".join(f"--emotion-{label}: {EMOTION_COLOURS[label][0]};" for label in LABELS)
    dark = "".join(f"--emotion-{label}: {EMOTION_COLOURS[label][1]};" for label in LABELS)
    rules = read_beside(__file__, *STYLES)
    return f":root {{ {light} }}\n.dark {{ {dark} }}\n{rules}"


def make_head() -> str:
    """Return the HTML for the page's head. Its scripts are served as files: see `ser.ui.server.scripts`."""
    return '<meta name="color-scheme" content="light dark">'
