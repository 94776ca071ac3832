"""Helpers that know nothing about sound.

`files` writes files whole or not at all and explains errors of the disk. `text` makes names printable, table cells safe
and plurals right. `parallel` runs the same function on many items, on all cores or on a Dask cluster. `interrupts`
unwinds a command on Ctrl-C and SIGTERM, and `deadline` stops work that takes too long. The modules can be read in any
order.
"""
