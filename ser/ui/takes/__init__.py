"""The takes of a session.

`take` defines a take and its export, `panel` draws the side panel and `side_by_side` compares two takes. `sitting`
builds both parts of the page and handles their events. (The code calls a session of the page a sitting.)
"""
