"""The six emotions: their order in every array and file, and the words people see.

A set of other emotions begins here; the README's section Contributing says what else belongs to one.
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
