"""Files that the page is given while the app runs, and for how long they are kept."""

HOUR_S = 3600  # uploads are looked through every hour, and those older than one go
