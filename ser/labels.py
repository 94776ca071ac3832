"""The six emotions: their order in every array and file, and the words people see."""

LABELS = ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD")  # the order of the network's outputs
EMOTION_NAMES = dict(zip(LABELS, ("Angry", "Disgusted", "Fearful", "Happy", "Neutral", "Sad"), strict=True))
