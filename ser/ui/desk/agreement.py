"""The Agreement section of the Inspect tab: how far annotators agree, and on which clips they differ."""

import threading
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NotRequired

import gradio as gr

from ser.annotation.labelling_queue import QueueError
from ser.annotation.store import Annotations, hash_file
from ser.corpus.crema_d import Corpus
from ser.ui.desk.clips import Desk, DeskRequest, SoundRequest
from ser.ui.desk.labelling import Stores
from ser.ui.page.requests import checks_request
from ser.ui.page.served_files import read_beside, start_module
from ser.ui.takes.take import Take

if TYPE_CHECKING:
    from ser.annotation.agreement_report import Report

MAX_ROWS = 200  # of the list of clips
MAX_REPORTS = 20  # of different stores, kept


class AgreementRequest(DeskRequest):
    """How far annotators agree; None if the page has the answer `version` already.

    `others` also asks for the clips that the annotator has not labelled yet.
    """

    others: NotRequired[bool]
    version: NotRequired[str | None]


class AgreementPage:
    """The server function for agreement.

    Parameters
    ----------
    desk : the clips
    stores : the labels
    corpus : the data set and the votes of its crowd, or None
    """

    def __init__(self, desk: Desk, *, stores: Stores, corpus: Corpus | None) -> None:
        self.desk, self.stores = desk, stores
        self._votes = corpus.clips if corpus is not None and corpus.has_votes else None
        self._lock = threading.Lock()
        self._reports: OrderedDict[Path, tuple[tuple[int, int], Report]] = OrderedDict()

    @checks_request(AgreementRequest)
    def labels_agreement(self, request: AgreementRequest) -> dict:
        """Return what this annotator may see of `ser.annotation.agreement_report.report`.

        Each clip that annotators differ on has a `request` that opens it in the viewer, or None. Annotators get the
        clips that they have labelled themselves, or all if they ask for others' labels. `hidden` is the number of the
        rest, `more` the number of clips beyond `MAX_ROWS`. If the page has this answer already, the answer is
        {"version"} alone.
        """
        store, me, others = self.stores.of(request), request.get("annotator"), request.get("others") is True
        version = f"{store.version()}-{store.scored()}-{others}-{me}"
        if request.get("version") == version:
            return {"version": version}
        report = self._report(store)
        labelled = None if others or not me else store.labelled_clips(me)
        differ = [row for row in report["differ"] if labelled is None or row["clip"] in labelled]
        requests = self._requests({row["clip"]: row["name"] for row in differ[:MAX_ROWS]})
        return report | {
            "version": version,
            "differ": [row | {"request": requests.get(row["clip"])} for row in differ[:MAX_ROWS]],
            "differing": len(report["differ"]),
            "hidden": len(report["differ"]) - len(differ),
            "more": max(0, len(differ) - MAX_ROWS),
        }

    def _report(self, store: Annotations) -> "Report":
        from ser.annotation.agreement_report import report

        with self._lock:  # two pages that ask at the same time share one computation
            entry = self._reports.get(store.path)
            version = store.version(), store.scored()  # scores may arrive after their label
            if entry is None or entry[0] != version:
                entry = (
                    version,
                    report(
                        store.labels(),
                        finals=store.labels(final=True),
                        clips=store.clips(),
                        votes=self._votes,
                    ),
                )
                self._reports[store.path] = entry
            self._reports.move_to_end(store.path)
            while len(self._reports) > MAX_REPORTS:
                self._reports.popitem(last=False)
        return entry[1]

    def _requests(self, names: dict[str, str]) -> dict[str, SoundRequest]:
        """Return the requests that open clips, by hash, given the clips' names by hash.

        Of the clips that are not hashed yet, only those with the same name are.
        """
        requests: dict[str, SoundRequest] = {}
        shown_names = set(names.values())
        for queue in self.desk.queues.values():
            kind = "clip" if queue.source == "dataset" else "queue"
            for entry in queue.entries:
                content = entry.hash
                if content is None and entry.name in shown_names:
                    with suppress(QueueError):
                        content = queue.identify(entry)
                if content in names:
                    requests.setdefault(content, {"kind": kind, "key": entry.key, "name": entry.name})
        return requests


def build(desk: Desk, *, stores: Stores, corpus: Corpus | None, takes: gr.State) -> gr.HTML:
    """Add the section. It starts closed, and computes nothing before it is opened."""
    page = AgreementPage(desk, stores=stores, corpus=corpus)

    def labels_agreement(request: dict) -> dict:
        return page.labels_agreement(request)

    widget = gr.HTML(
        html_template=read_beside(__file__, "agreement.html"),
        js_on_load=start_module(__file__, "scripts/agreement/agreement.js"),
        server_functions=[labels_agreement],
        apply_default_css=False,
        elem_id="agreement",
        emotions=stores.choices.names,
        takes={},
    )
    takes.change(
        lambda takes: gr.HTML(
            takes=takes_by_content(takes), emotions=stores.choices.names
        ),  # both: an early update replaces all properties
        takes,
        widget,
        api_visibility="private",
        show_progress="hidden",
    )
    return widget


def takes_by_content(takes: list[Take]) -> dict[str, dict]:
    """Return the requests that open a page's own takes, by hash. No other page gets them."""
    requests = {}
    for take in takes:
        with suppress(OSError):  # deleted meanwhile
            requests[hash_file(take.file)] = {"kind": "upload", "key": take.file, "name": take.name}
    return requests
