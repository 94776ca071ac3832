// The spectrogram viewer.
