"""The Record tab.

`tab` builds it: one take from the microphone or a file (`scripts/recorder.js`), sentences to read aloud (`prompts`), live
scores (`live`) and voice profiles (`my_voice` draws the panel, `speaker` holds what is known about the voice).
"""
