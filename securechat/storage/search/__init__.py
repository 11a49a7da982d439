"""The index of words, and searching in it.

Theory of operation. A message is not indexed by the transaction that stores it: measured, 64 messages at a
time, that would cost 10 to 17 µs for each, as much again as storing it does, and the hub waits for it. The
store does it in steps while there is nothing else to do (`SqlStore.index`), in the order of ids, and
`search_state.upto` says how far it is. Later messages are found by reading them: those of some seconds, or
all in a database that was just brought up to date. So a search finds what was said a moment ago.

A message that is deleted or redacted leaves the index in the same transaction (`SearchIndex.forget`). In
SQLite the index keeps no texts, and to take something out needs what was put in, which `chat.words` makes
again from the row.
"""
