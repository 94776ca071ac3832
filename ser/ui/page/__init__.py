"""Parts of the page that all tabs share.

`theme` collects styles and scripts; `header` and `about` draw the header and the About tab. `served_files` and
`server_functions` are for the other packages. The scripts: `dom.js` (nodes and downloads), `microphone.js`,
`stream.js` (answers of the app), `shortcuts.js` and `help.js` (keyboard), `view.js` (theme and open tab).
"""
