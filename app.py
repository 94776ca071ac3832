"""Serve the app and open it in the browser: `python app.py`."""

import sys

from ser.commands.app import main

if __name__ == "__main__":
    sys.exit(main())
