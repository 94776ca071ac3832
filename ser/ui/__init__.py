"""The app in the browser: all of gradio is in this package."""
