"""The takes of a session, in the side panel and side by side."""
