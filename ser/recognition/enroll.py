"""Make a voice profile from sound files of one speaker."""

import os
from collections.abc import Sequence

from ser.recognition.familiar import counts_in_profiles
from ser.recognition.recognizer import Recognizer
from ser.recognition.voice_profile import Profile, ProfileError


def enroll(
    recognizer: Recognizer, *, files: Sequence[str | os.PathLike], emotions: Sequence[str] | None = None
) -> Profile:
    """Make a voice profile from sound files of one speaker.

    Parameters
    ----------
    recognizer : the recognizer that the profile is for
    files : paths of the takes, a sentence each
    emotions : code of the emotion that the speaker was asked for in each file; None for ordinary speech

    Raises
    ------
    ProfileError
        if the emotions do not fit the files, a file holds no voice, or the network cannot adjust to a voice
    AudioError
        if a file cannot be read
    """
    if emotions is not None and len(emotions) != len(files):
        raise ProfileError(
            f"There are {len(files)} files and {len(emotions)} emotions: give one emotion per file, in order."
        )
    _ = recognizer.zero_point  # fail before any file is decoded
    counts = counts_in_profiles(recognizer.checkpoint.card["network"])
    profile = Profile(recognizer.checkpoint_id)
    for file, emotion in zip(files, [None] * len(files) if emotions is None else emotions, strict=True):
        recognition = recognizer.recognize(file)
        if recognition.verdict == "no_voice":
            raise ProfileError(f"No voice was found in {file}: record it again, closer to the microphone.")
        unlike = counts and recognizer.is_unlike(recognition.distance)
        profile = profile.with_take(recognition.logits, emotion).with_last_unlike(unlike)
    return profile
