// Pitch, intensity and voiced parts over the spectrogram.
