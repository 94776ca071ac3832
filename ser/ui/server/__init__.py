"""The app as a whole.

`app` builds it from the tabs, `api` adds the endpoints for programs, `jobs` limits how long each function may take,
`guard` refuses requests that the app does not need, `headers` tells browsers what the page may do, and `serve` runs it.
"""
