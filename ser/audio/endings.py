"""The endings of sound files: one list for every folder that is searched, made from what the decoders read."""

# By the containers that they belong to, as `ser.audio.sources` and libsndfile name them.
_ENDINGS = {
    "wav": "wav wave bwf rf64",
    "w64": "w64",
    "aiff": "aif aiff aifc afc",
    "au": "au snd",
    "flac": "flac",
    "caf": "caf",
    "voc, sphere, ircam": "voc nist sph sf",  # libsndfile alone
    "mp3": "mp3 mp2 mpa m2a mpga",
    "ogg": "ogg oga opus spx ogv ogx",
    "mov": "m4a mp4 m4b m4r m4v mov qt qta 3gp 3gpp 3g2 f4a f4v",
    "matroska": "mka mkv webm weba mk3d",
    "aac": "aac adts",
    "ac3": "ac3 eac3 ec3",
    "amr": "amr awb",
    "asf": "wma wmv asf",
    "avi": "avi",
    "flv": "flv",
    "mpegts": "ts mts m2ts m2t",
    "mpeg": "mpg mpeg vob",
    "wv": "wv",
    "tta": "tta",
    "ilbc, qcp": "lbc qcp",
}
SOUND_ENDINGS = frozenset(f".{ending}" for endings in _ENDINGS.values() for ending in endings.split())
