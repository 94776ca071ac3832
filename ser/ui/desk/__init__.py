"""The annotator's desk of the Inspect tab: a queue of clips, a form to label them, and the agreement of annotators.

`desk` builds the form and the queue, `agreement` the section below. The server functions are in `clips` (which clips there
are, and in which order), `labelling` (reading and changing labels, undo; `letters` reads what the page sends), `label_files` (export, import) and `agreement`;
`scoring` adds the network's scores to stored labels, and `learning` teaches the network with them. In scripts/, start.js starts the desk, desk.js holds what its parts
share, and outbox.js keeps changes in the browser until the server has acknowledged them.
"""
