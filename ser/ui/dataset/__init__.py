"""The Data set tab: all clips that the network was measured on, and the actor splits.

`tab` builds it and sends the table of clips to the page (`dataset.js`), which unpacks it (`rows.js`), filters and sorts
it (`view.js`, `form.js`) and draws it (`columns.js`, `table.js`) without the server. `clip` opens one clip with its
sound and spectrogram (`clip.js`, `clip_facts.js`). `splits` shows which actors are in which part, and what another seed
or k folds would give (`splits.js`).
"""
