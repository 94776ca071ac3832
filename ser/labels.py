"""The six emotions: their order in every array and file, and the words that people see.

To use other emotions, start here; docs/extending.md lists what else to change.
"""

LABELS = ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD")  # the order of the network's outputs
EMOTION_NAMES = {
    "ANG": "Angry",
    "DIS": "Disgusted",
    "FEA": "Fearful",
    "HAP": "Happy",
    "NEU": "Neutral",
    "SAD": "Sad",
}
NOUNS = {  # "between anger and fear"
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happiness",
    "NEU": "a neutral voice",
    "SAD": "sadness",
}
MANNERS = {  # "say it angrily"
    "ANG": "angrily",
    "DIS": "with disgust",
    "FEA": "fearfully",
    "HAP": "happily",
    "NEU": "neutrally",
    "SAD": "sadly",
}
