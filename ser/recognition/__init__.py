"""From a recording to scores, a verdict, and the reasons for them.

Start with `recognizer`: `Recognizer.recognize` scores a recording and returns a `Recognition`, defined in `result`.
`verdict` decides how sure to sound, and `report` prints results as a table, JSON or CSV. `bulk` scores many files, `live`
scores a voice while it speaks, and `explain` shows which parts of the sound carried a score. A speaker's own voice is
taken into account with a `voice_profile`: `enroll` makes one from recordings, and `speaker_offset` holds its arithmetic.
`adaptation` is what the network learned from recordings, and the file that keeps it; `ser.adaptation` makes one.
"""
