"""Other corpora by name: the emotion, the speaker and the licence of names as their documentation and copies spell them."""

import pytest

from ser.corpus.crema_d import CorpusError
from ser.corpus.known import CORPORA, known_corpus
from ser.labels import LABELS

SIX = "is not one of the six emotions"
NAMES = [  # corpus, path, speaker, word, emotion, why it is left out
    ("ravdess", "Actor_12/03-01-06-01-02-01-12.wav", "12", "fear", "FEA", ""),
    ("ravdess", "03-01-01-01-01-01-01.wav", "01", "neutral", "NEU", ""),
    ("ravdess", "03-01-02-01-01-01-24.wav", "24", "calm", None, f"calm {SIX}"),
    ("ravdess", "03-01-08-02-01-01-03.wav", "03", "surprise", None, f"surprise {SIX}"),
    ("ravdess", "Song/Actor_05/03-02-05-01-01-01-05.wav", "05", "anger", None, "sung, not spoken"),
    ("ravdess", "01-01-04-02-01-02-09.mp4", "09", "sadness", "SAD", ""),
    ("ravdess", "02-01-03-01-01-01-02.mp4", "02", "happiness", None, "a picture without sound"),
    ("ravdess", r"data\Actor_07\03-01-07-01-01-02-07.wav", "07", "disgust", "DIS", ""),
    ("tess", "OAF_angry/OAF_back_angry.wav", "OAF", "anger", "ANG", ""),
    ("tess", "yaf_food_ps.wav", "YAF", "surprise", None, f"surprise {SIX}"),
    ("tess", "OAF_neutral/OA_bite_neutral.wav", "OAF", "neutral", "NEU", ""),
    ("tess", "yaf_shout_fear (2).wav", "YAF", "fear", "FEA", ""),
    ("tess", "oaf_youth_sad_17.wav", "OAF", "sadness", "SAD", ""),
    ("tess", "OAF_Pleasant_surprise/0001.wav", "OAF", "surprise", None, f"surprise {SIX}"),
    ("tess", "YAF_pleasant_surprised/12.wav", "YAF", "surprise", None, f"surprise {SIX}"),
    ("tess", "OAF_Fear/012.mp3", "OAF", "fear", "FEA", ""),
    ("savee", "AudioData/DC/a01.wav", "DC", "anger", "ANG", ""),
    ("savee", "ALL/JK_sa03.wav", "JK", "sadness", "SAD", ""),
    ("savee", "KL_su15.wav", "KL", "surprise", None, f"surprise {SIX}"),
    ("savee", "JE_n30.wav", "JE", "neutral", "NEU", ""),
    ("emodb", "wav/03a01Fa.wav", "03", "happiness", "HAP", ""),
    ("emodb", "11a02Ac.wav", "11", "fear", "FEA", ""),
    ("emodb", "16b10Wb.wav", "16", "anger", "ANG", ""),
    ("emodb", "08a01Lc.ogg", "08", "boredom", None, f"boredom {SIX}"),
    ("emodb", "13b02Ec.wav", "13", "disgust", "DIS", ""),
    ("emodb", "09a05Ta", "09", "sadness", "SAD", ""),
    ("emovo", "f1/dis-f1-b1.wav", "F1", "disgust", "DIS", ""),
    ("emovo", "gio-m3-n5.wav", "M3", "happiness", "HAP", ""),
    ("emovo", "pau-f2-d2.wav", "F2", "fear", "FEA", ""),
    ("emovo", "rab-m1-l4.wav", "M1", "anger", "ANG", ""),
    ("emovo", "sor-m2-l1.wav", "M2", "surprise", None, f"surprise {SIX}"),
    ("cafe", "Colère/Faible/01-C-1-1.wav", "01", "anger", "ANG", ""),
    ("cafe", "12-D-2-6.aiff", "12", "disgust", "DIS", ""),
    ("cafe", "04-J-1-3.wav", "04", "happiness", "HAP", ""),
    ("cafe", "05-P-2-2.wav", "05", "fear", "FEA", ""),
    ("cafe", "06-S-2-2.wav", "06", "surprise", None, f"surprise {SIX}"),
    ("cafe", "07-T-2-2.wav", "07", "sadness", "SAD", ""),
    ("jl", "JL(wav+txt)/female1_angry_10a_1.wav", "FEMALE1", "anger", "ANG", ""),
    ("jl", "male2_excited_1b_2.wav", "MALE2", "excitement", None, f"excitement {SIX}"),
    ("jl", "male1_apologetic_3_1.wav", "MALE1", "apologetic", None, f"apologetic {SIX}"),
    ("mesd", "Anger_C_A_abajo.wav", "C", "anger", "ANG", ""),
    ("mesd", "Happiness_F_B_L1_abuso.wav", "F", "happiness", "HAP", ""),
    ("subesco", "F_02_MONIKA_S_1_NEUTRAL_5.wav", "F_02", "neutral", "NEU", ""),
    ("subesco", "F_01_OISHI_S_10_SURPRISE_1.wav", "F_01", "surprise", None, f"surprise {SIX}"),
    ("nemo", "samples/EB0_anger_1.wav", "EB0", "anger", "ANG", ""),
    ("nemo", "WR0_surprised_42.wav", "WR0", "surprise", None, f"surprise {SIX}"),
    ("esd", "0001/Angry/train/0001_000351.wav", "0001", "anger", "ANG", ""),
    ("esd", "0011/Surprise/0011_001401.wav", "0011", "surprise", None, f"surprise {SIX}"),
    ("mead", "M003/audio/angry/level_1/001.m4a", "M003", "anger", "ANG", ""),
    ("mead", "W009/audio/contempt/level_3/012.m4a", "W009", "contempt", None, f"contempt {SIX}"),
    ("mead", "M003/audio/disgusted/level_2/003.m4a", "M003", "disgust", "DIS", ""),
    ("asvp-esd", "actor_16/03-01-06-01-01-116-02-02-02-05.wav", "116", "fear", "FEA", ""),
    ("asvp-esd", "03-02-04-01-01-22-02-01.wav", "22", "sadness", None, "a voice without words"),
    ("asvp-esd", "03-01-01-01-01-22-02-01-01.wav", "22", "boredom", None, f"boredom {SIX}"),
    ("asvp-esd", "03-01-23-01-01-22-02-01-01.wav", "22", "code 23", None, f"code 23 {SIX}"),
]


@pytest.mark.parametrize(("corpus", "path", "speaker", "word", "emotion", "left_out"), NAMES)
def test_a_name_says_who_speaks_and_how(corpus, path, speaker, word, emotion, left_out):
    clip = known_corpus(corpus).clip(path)
    assert clip is not None
    assert (clip.speaker, clip.word, clip.emotion, clip.left_out) == (speaker, word, emotion, left_out)


def test_every_corpus_has_names_here_of_which_some_are_of_the_six():
    tried = {corpus for corpus, *_, emotion, _ in NAMES if emotion in LABELS}
    assert tried | {"emozionalmente"} == set(CORPORA)


@pytest.mark.parametrize(
    ("corpus", "path"),
    [
        ("ravdess", "03-01-06-01-02-01-12 - copy.wav"),
        ("ravdess", "03-01-09-01-02-01-12.wav"),  # there is no ninth emotion
        ("ravdess", "103-01-06-01-02-01-12.wav"),
        ("tess", "back_angry.wav"),
        ("savee", "a01.wav"),  # whose voice it is, only the folder says
        ("emodb", "07a01Fa.wav"),  # no such speaker
        ("emodb", "03a01Xa.wav"),
        ("cafe", "13-C-1-1.wav"),
        ("esd", "0001_000351.wav"),  # the emotion is the name of a folder
        ("esd", "0001/Angry/0002_000351.wav"),
        ("mead", "M003/video/front/angry/level_1/001.mp4"),
        ("nemo", "EB0_disgust_1.wav"),
        ("asvp-esd", "03-01-06-01-02-01-12.wav"),  # of RAVDESS
        ("ravdess", ""),
    ],
)
def test_other_names_are_not_guessed(corpus, path):
    assert known_corpus(corpus).clip(path) is None


def test_files_that_hold_the_same_recording_have_the_same_name_for_it():
    corpus = known_corpus("ravdess")
    sound, video, other = (
        corpus.clip(name).recording
        for name in ("03-01-06-01-02-01-12.wav", "copy/01-01-06-01-02-01-12.mp4", "03-01-06-01-02-02-12.wav")
    )
    assert sound == video != other
    tess = known_corpus("tess")
    assert tess.clip("a/OAF_back_sad.wav").recording == tess.clip("oaf_back_sad.mp3").recording


def test_a_corpus_whose_names_say_nothing_is_read_with_its_table(tmp_path):
    corpus = known_corpus("emozionalmente")
    clip = tmp_path / "audio" / "1612872848291.wav"
    with pytest.raises(CorpusError, match=r"metadata/samples\.csv.*choose the folder"):
        corpus.clip(clip)
    (tmp_path / "metadata").mkdir()
    table = tmp_path / "metadata" / "samples.csv"
    table.write_text("file_name,actor\n1.wav,a\n")
    with pytest.raises(CorpusError, match=r"no column .*emotion_expressed"):
        corpus.clip(clip)
    table.write_text(
        "file_name,actor,sentence,emotion_expressed\n1612872848291.wav,anna,Ciao,joy\n2.wav,Bo,Ciao,Neutrality\n"
        "3.wav,Bo,Ciao,surprise\n"
    )
    joy, neutral, surprise = (corpus.clip(clip.with_name(name)) for name in (clip.name, "2.wav", "3.wav"))
    assert (joy.speaker, joy.word, joy.emotion) == ("ANNA", "happiness", "HAP")
    assert (neutral.speaker, neutral.emotion) == ("BO", "NEU")
    assert (surprise.emotion, surprise.word) == (None, "surprise")
    assert corpus.clip(clip.with_name("4.wav")) is None


def test_licences_say_whether_a_network_may_be_given_away():
    assert {name: corpus.licence.sharing for name, corpus in CORPORA.items()} == {
        "ravdess": "non-commercial",
        "tess": "no",
        "savee": "no",
        "emodb": "free",
        "emovo": "no",
        "cafe": "non-commercial",
        "jl": "free",
        "mesd": "free",
        "subesco": "free",
        "emozionalmente": "free",
        "nemo": "non-commercial",
        "esd": "no",
        "mead": "no",
        "asvp-esd": "no",
    }
    assert known_corpus("nemo").licence.sentence.startswith(
        "Creative Commons Attribution-NonCommercial-ShareAlike"
    )
    assert known_corpus("savee").licence.sentence.endswith("Keep a network trained on it to yourself.")


def test_a_corpus_is_named_in_any_case_and_an_unknown_one_lists_the_choices():
    assert known_corpus(" ASVP_ESD ").title == "ASVP-ESD"
    with pytest.raises(CorpusError, match=r"'iemocap': choose ravdess, tess, .*, asvp-esd"):
        known_corpus("iemocap")
