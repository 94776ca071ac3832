"""How the app is reached and what it keeps while it runs; without gradio.

`flags` is the command line of `python app.py`. `access` chooses the address to listen on and checks the login.
`uploads` keeps recordings in a private folder, deletes old ones and removes the folder at the end. Start with `flags`.
"""
