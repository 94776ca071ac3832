"""The Results tab: how good each network is, with intervals, compared with people.

`tab` builds it and answers the page's requests, `markup` writes its HTML, and `plots` draws the pictures with
matplotlib. All numbers come from `ser.evaluation.comparison`. On the page, `results.js` handles clicks
and downloads, `cell_clips.js` lists the clips of a cell, and `presenting.js` shows plots on the full screen.
"""
