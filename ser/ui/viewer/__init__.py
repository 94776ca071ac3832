"""The spectrogram viewer of the Inspect tab: it draws, plays, measures and scores sounds, one or two at a time.

`viewer` builds the widget. Its server functions are in `drawing` (waveforms and pictures) and `listening` (samples, scores,
curves, evidence); `sounds` keeps the open sounds. The page's part is in scripts/, joined into one function in the order of
`viewer.SCRIPTS`:

state       viewer.js (panes and events), picture_choices.js (kind of picture, colours, floor, contrast)
picture     colours.js, tiles.js (fetched parts of a picture), axes.js, strips.js (overview and waveform), picture.js
pane        pane.js (canvas and coordinates), pane_words.js, zoom.js, pointer.js, open.js (opens sounds in a pane)
tools       sound_player.js, region.js, scores_table.js, scored_window.js, overlays.js (pitch, intensity, voiced parts),
            explanation.js (Why?), tools.js (their buttons, keys and events)
start       start.js (the viewer's keys; runs last)
"""
