"""What the plots of the Results tab are called, on the page and in the pictures."""

RATE_NAMES = {"accuracy": "Accuracy", "uar": "UAR", "macro_f1": "F1"}
TITLES = {
    "overview": "How often the acted emotion is named",
    "confusion": "What is taken for what",
    "people": "What people take for what",
    "actor": "Voice by voice",
    "sex": "Women and men",
    "age": "Age of the speaker",
    "level": "How strongly acted",
    "sentence": "Sentence by sentence",
    "reliability": "How far to trust a score",
    "curves": "How the training went",
}
