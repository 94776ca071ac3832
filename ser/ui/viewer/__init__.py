"""The spectrogram viewer."""
