"""Export and import of labels as files; an import takes all labels or none. No gradio here."""

import io
import zipfile
from base64 import b64decode, b64encode
from dataclasses import asdict
from datetime import datetime
from typing import NotRequired

from ser.annotation.store import ConflictError
from ser.errors import UserError
from ser.ui.desk.clips import DeskRequest
from ser.ui.desk.labelling import Labelling, annotator_of
from ser.ui.page.requests import checks_request
from ser.ui.page.server_functions import STALE

FORMATS = {
    "csv": "CSV table",
    "json": "JSON",
    "textgrid": "Praat TextGrid",
    "audacity": "Audacity labels",
    "audformat": "audformat table",
}
MAX_BYTES = 100_000_000  # of all files of one zip, unpacked


class ExportRequest(DeskRequest):
    """All labels in one of `FORMATS`."""

    format: str


class ImportRequest(ExportRequest):
    """Files of labels, each a dict of "name" and "base64"; `replace` lets them replace stored labels."""

    files: list
    replace: NotRequired[bool]


class LabelFiles:
    """The server functions for files of labels.

    Parameters
    ----------
    labelling : the labels, and the scores that are still being computed for them
    """

    def __init__(self, labelling: Labelling) -> None:
        self.stores, self.scorer = labelling.stores, labelling.scorer

    @checks_request(ExportRequest)
    def labels_export(self, request: ExportRequest) -> dict:
        """Return all labels as one file, or as a zip if the format needs several.

        Returns
        -------
        dict: name, base64, and labels, the number of labels
        """
        from ser.annotation.formats import export

        store = self.stores.of(request)
        self.scorer.wait(store)
        labels = store.labels()
        if not labels:
            raise UserError("There are no labels to export yet.")
        files = export(labels, clips=store.clips(), format=_format(request))
        now = f"{datetime.now():%Y-%m-%d_%H%M%S}"
        if len(files) == 1:
            [(name, text)] = files.items()
            name, content = f"labels_{now}.{name.rpartition('.')[2]}", text.encode("utf-8")
        else:
            name, content = f"labels_{now}.zip", _zipped(files)
        return {"name": name, "base64": b64encode(content).decode(), "labels": len(labels)}

    @checks_request(ImportRequest)
    def labels_import(self, request: ImportRequest) -> dict:
        """Import the labels of files: all of them, or none.

        Returns
        -------
        dict: new, same and replaced, the numbers of labels; or problem, a sentence with the file, its line and the
        reason, and replaceable, if the labels could replace stored ones
        """
        from ser.annotation.formats import BadFileError, ImportOptions, KnownClips, read

        if not all(isinstance(file, dict) for file in request["files"]):
            raise UserError(STALE)
        texts: dict[str, str] = {}
        for file in request["files"]:
            texts |= _texts(str(file.get("name")), b64decode(str(file.get("base64"))))
        store = self.stores.of(request)
        try:
            options = ImportOptions(annotator=annotator_of(request))
            clips = KnownClips(store.clips())
            reading = read(texts, format=_format(request), clips=clips, options=options)
            return asdict(store.import_rows(reading.rows, replace=request.get("replace") is True))
        except BadFileError as error:
            raise UserError(f"Nothing was imported. {error}") from error
        except ConflictError as error:
            return {"problem": f"Nothing was imported. {error}", "replaceable": True}


def _format(request: ExportRequest) -> str:
    if request["format"] not in FORMATS:
        raise UserError(STALE)
    return request["format"]


def _zipped(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def _texts(name: str, content: bytes) -> dict[str, str]:
    """Return the text of a file, or of all files in a zip, by name; raise `UserError` for anything but text."""
    from ser.annotation.formats import decode

    if not zipfile.is_zipfile(io.BytesIO(content)):
        return {name: decode(name, content)}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = [file for file in archive.infolist() if not file.is_dir()]
            if sum(file.file_size for file in files) > MAX_BYTES:
                raise UserError(f"{name} holds more than 100 MB: unpack it and import a few files at a time.")
            return {file.filename: decode(file.filename, archive.read(file)) for file in files}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise UserError(f"{name} is a damaged or encrypted zip file: create it again.") from error
