"""The Python API: a chat client for scripts and bots, for threads (`Client`) and for asyncio (`AsyncClient`).

    with Client("chat.example.org", user="bot", password_file="secret") as chat:
        chat.join("#ops")
        message = chat.send("#ops", "deploy done")      # returns when it is stored: id and time
        for event in chat.events():
            ...

Theory of operation. What one can do is written down once, as *operations* (`messages`, `channels`, `people`,
`past`): generators that yield questions for the session and get the answers sent in. They know neither
threads nor asyncio. `Client` runs one by waiting for each answer in the caller's thread, `AsyncClient` by
awaiting it. `calls` finds out which event answers what, for both.

Calls return when the server has answered and raise `Refused` when it said no. The client makes a lost
connection again, and sends messages without a confirmation again without doubling them, so `send` just takes
longer then.
"""
