"""The spectrogram viewer of the Inspect tab: it draws, plays, measures and scores sounds, one or two at a time.

`viewer` builds the widget. Its server functions are in `drawing` (waveforms and pictures) and `listening` (samples, scores,
curves, evidence); `sounds` keeps the open sounds. The page's part is in scripts/, modules that begin with start.js:

viewer      start.js (window.inspect and keys), viewer.js (what all share), events.js, scope.js, open.js (opens sounds in a
            pane), toolbar.js and picture_choices.js (kind of picture, colours, floor, contrast)
pane        pane.js (canvas and drawing), coordinates.js, pointer.js, zoom.js, pane_words.js
picture     picture.js, tiles.js (fetched parts of a picture), strips.js (overview and waveform), axes.js, colours.js
tools       tools/: each exports `createX(pane, scope)`, see tool.js; equip.js gives them to a pane. Sound (sound_player.js,
            samples.js, speed.js), region, scored window, scores table, overlays (pitch, intensity, formants, voiced parts),
            explanation (Why?)

All that a pane or a tool sets up belongs to its scope and ends with it: listeners, timers, animation frames.
"""
