"""The Data set tab: all clips that the network was measured on, and the actor splits.

`tab` builds it and sends the table of clips to the page, which filters, sorts and draws it without the server
(`dataset.js`, `table.js`, `start.js`). `clip` opens one clip with its sound and spectrogram (`clip.js`). `splits`
shows which actors are in which part, and what another seed or k folds would give (`splits.js`).
"""
