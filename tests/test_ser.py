"""The package's public names."""

import ser


def test_public_names_are_there_and_lazy():
    from ser.audio.features import log_mel
    from ser.audio.reading import load_audio
    from ser.recognition.recognizer import Recognizer

    assert (ser.load_audio, ser.log_mel, ser.Recognizer) == (load_audio, log_mel, Recognizer)
    assert not hasattr(ser, "something_else")
    assert all(hasattr(ser, name) for name in ser.__all__)
