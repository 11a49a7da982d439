"""The terminal app: the same session as the plain client has, with windows around it.

Theory of operation. The I/O thread (`connection`) puts events into a mailbox. The app takes them out, at
most thirty times a second, and gives them to `Chat`, which knows every conversation and needs no terminal.
The widgets draw what `Chat` holds: `Timeline` one conversation, `Sidebar` all of them. What a person does
becomes a function of the session, which the I/O thread calls.

Only `securechat connect` imports this package, because Textual takes a while to load. `entries`,
`conversation`, `chat`, `pages`, `words`, `settings` and `desk` do not need it.
"""
