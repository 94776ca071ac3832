// A region: a stretch of time, maybe of band, that a person drags, resizes, plays and scores.
