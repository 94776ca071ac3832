"""Learn from these labels: the part of the desk that teaches the network, shows how much that helps, and lets a browser use it.

`jobs` runs the learning in the background, `functions` holds the server functions, `figures` what the page draws. In the
scripts, learning.js asks for the state and handles the buttons, result.js draws a result, words.js holds its sentences.
"""
