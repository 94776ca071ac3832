"""Labels as files that the page saves, and that it brings: they come in whole or not at all. No gradio here."""

import io
import zipfile
from base64 import b64decode, b64encode
from dataclasses import asdict
from datetime import datetime

from ser.annotation.store import ConflictError
from ser.errors import UserError
from ser.ui.desk.labelling import Labelling, annotator_of
from ser.ui.page.server_functions import STALE, takes_request

FORMATS = {
    "csv": "CSV table",
    "json": "JSON",
    "textgrid": "Praat TextGrid",
    "audacity": "Audacity labels",
    "audformat": "audformat table",
}
MAX_BYTES = 100_000_000  # of all files that are brought at once


class LabelFiles:
    """Export and import of the labels of a browser, see `Stores`."""

    def __init__(self, labelling: Labelling) -> None:
        self.stores, self.scorer = labelling.stores, labelling.scorer

    @takes_request
    def labels_export(self, asked: dict) -> dict:
        """Return all labels as one file, a zip where the format has many: name, base64, and how many labels."""
        from ser.annotation.formats import export

        store = self.stores.of(asked)
        self.scorer.wait(store)
        labels = store.labels()
        if not labels:
            raise UserError("There is no label to export yet.")
        files = export(labels, clips=store.clips(), format=_format(asked))
        now = f"{datetime.now():%Y-%m-%d_%H%M%S}"
        if len(files) == 1:
            [(name, text)] = files.items()
            name, content = f"labels_{now}.{name.rpartition('.')[2]}", text.encode("utf-8")
        else:
            name, content = f"labels_{now}.zip", _zipped(files)
        return {"name": name, "base64": b64encode(content).decode(), "labels": len(labels)}

    @takes_request
    def labels_import(self, asked: dict) -> dict:
        """Take over the labels of files: all of them, or none.

        Returns
        -------
        dict: new, same and replaced, counts of labels; or `problem`, with the file, its line and the reason, and
        `replaceable` where the labels would take the place of others
        """
        from ser.annotation.formats import BadFileError, read

        given = asked.get("files")
        if not isinstance(given, list) or not all(isinstance(file, dict) for file in given):
            raise UserError(STALE)
        texts: dict[str, str] = {}
        for file in given:
            texts |= _texts(str(file.get("name")), b64decode(str(file.get("base64"))))
        store = self.stores.of(asked)
        try:
            rows = read(texts, format=_format(asked), clips=store.clips(), annotator=annotator_of(asked))
            return asdict(store.import_rows(rows, replace=asked.get("replace") is True))
        except BadFileError as error:
            raise UserError(f"Nothing was imported. {error}") from error
        except ConflictError as error:
            return {"problem": f"Nothing was imported. {error}", "replaceable": True}


def _format(asked: dict) -> str:
    if asked.get("format") not in FORMATS:
        raise UserError(STALE)
    return asked["format"]


def _zipped(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def _texts(name: str, content: bytes) -> dict[str, str]:
    """Return the text of a file, or of all files in a zip, by name; `UserError` for what is no text."""
    from ser.annotation.formats import decode

    if not zipfile.is_zipfile(io.BytesIO(content)):
        return {name: decode(name, content)}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = [file for file in archive.infolist() if not file.is_dir()]
            if sum(file.file_size for file in files) > MAX_BYTES:
                raise UserError(f"{name} holds more than 100 MB: unpack it and import a part at a time.")
            return {file.filename: decode(file.filename, archive.read(file)) for file in files}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise UserError(f"{name} is a damaged or locked zip: make it again.") from error
