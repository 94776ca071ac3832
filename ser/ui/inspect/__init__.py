"""The Inspect tab: `tab` joins the viewer, the desk and the Agreement section; inspect.js opens sounds in it."""
