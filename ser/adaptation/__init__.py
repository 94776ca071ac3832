"""What a network learns from the recordings and labels in front of it.

Read `learn` first: from recordings, with labels or without, it makes a `ser.recognition.adaptation.Adaptation` and the
table that says how much it helps. `clips` says which recordings and labels there are, `material` decodes and embeds
each recording once, `heads` fits the linear head, and `table` is the cross-validation.
"""
