"""The section "Agreement" of the Inspect tab: how far annotators agree, and the clips that they differ on."""

import threading
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr

from ser.annotation.labelling_queue import QueueError
from ser.annotation.store import NAMES, Annotations, hash_file
from ser.corpus.crema_d import Corpus
from ser.ui.desk.clips import Desk
from ser.ui.desk.labelling import Stores
from ser.ui.page.served_files import read_beside
from ser.ui.page.server_functions import takes_request
from ser.ui.takes.take import Take

if TYPE_CHECKING:
    from ser.annotation.agreement_report import Report

SCRIPTS = ("agreement.js", "agreement_start.js")  # one function, in this order
MAX_ROWS = 200  # clips that are listed
MAX_REPORTS = 20  # of stores that are remembered


class AgreementPage:
    """What the page asks about agreement.

    Parameters
    ----------
    desk : the clips
    stores : the labels
    corpus : the data set with its crowd, where it is on this machine
    """

    def __init__(self, desk: Desk, stores: Stores, corpus: Corpus | None) -> None:
        self.desk, self.stores = desk, stores
        self._votes = corpus.clips if corpus is not None and corpus.has_votes else None
        self._lock = threading.Lock()
        self._reports: OrderedDict[Path, tuple[tuple[int, int], Report]] = OrderedDict()

    @takes_request
    def labels_agreement(self, asked: dict) -> dict:
        """Return `ser.annotation.agreement_report.report` as the one who asks may see it.

        The clips that annotators differ on come with `request`, what the viewer opens them by, or None. An
        annotator gets those that they labelled themselves, unless they want others' labels first; `hidden` counts
        the rest, and `more` those that are too many to list. An answer that the page has already is {"version"}
        alone.
        """
        store, me, others = self.stores.of(asked), asked.get("annotator"), asked.get("others") is True
        version = f"{store.version()}-{store.scored()}-{others}-{me}"
        if asked.get("version") == version:
            return {"version": version}
        said = self._report(store)
        seen = None if others or not me else store.labelled_clips(str(me))
        differ = [row for row in said["differ"] if seen is None or row["clip"] in seen]
        requests = self._requests({row["clip"]: row["name"] for row in differ[:MAX_ROWS]})
        return said | {
            "version": version,
            "differ": [row | {"request": requests.get(row["clip"])} for row in differ[:MAX_ROWS]],
            "differing": len(said["differ"]),
            "hidden": len(said["differ"]) - len(differ),
            "more": max(0, len(differ) - MAX_ROWS),
        }

    def _report(self, store: Annotations) -> "Report":
        from ser.annotation.agreement_report import report

        with self._lock:  # two pages that ask at a time share one count
            known = self._reports.get(store.path)
            version = store.version(), store.scored()  # scores may arrive after their label
            if known is None or known[0] != version:
                known = version, report(store.labels(), clips=store.clips(), votes=self._votes)
                self._reports[store.path] = known
            self._reports.move_to_end(store.path)
            while len(self._reports) > MAX_REPORTS:
                self._reports.popitem(last=False)
        return known[1]

    def _requests(self, wanted: dict[str, str]) -> dict[str, dict]:
        """Return what the page opens clips by, by hash; of what is not hashed yet, only what has the same name."""
        found: dict[str, dict] = {}
        names = set(wanted.values())
        for queue in self.desk.queues.values():
            kind = "clip" if queue.source == "dataset" else "queue"
            for entry in queue.entries:
                content = entry.hash
                if content is None and entry.name in names:
                    with suppress(QueueError):
                        content = queue.identify(entry)
                if content in wanted:
                    found.setdefault(content, {"kind": kind, "key": entry.key, "name": entry.name})
        return found


def build(desk: Desk, stores: Stores, corpus: Corpus | None, takes: gr.State) -> gr.HTML:
    """Add the section; it is closed, and counts nothing before it is opened."""
    page = AgreementPage(desk, stores, corpus)

    def labels_agreement(asked: dict) -> dict:
        return page.labels_agreement(asked)

    widget = gr.HTML(
        html_template=read_beside(__file__, "agreement.html"),
        js_on_load=read_beside(__file__, *SCRIPTS),
        server_functions=[labels_agreement],
        apply_default_css=False,
        elem_id="agreement",
        emotions=NAMES,
        takes={},
    )
    takes.change(
        lambda takes: gr.HTML(takes=takes_by_content(takes), emotions=NAMES),  # see annotate.py
        takes,
        widget,
        api_visibility="private",
        show_progress="hidden",
    )
    return widget


def takes_by_content(takes: list[Take]) -> dict[str, dict]:
    """Return what the page opens its own takes by, by hash: no other page is told of them."""
    found = {}
    for take in takes:
        with suppress(OSError):  # deleted meanwhile
            found[hash_file(take.file)] = {"kind": "upload", "key": take.file, "name": take.name}
    return found
