"""A bot as its author would write it with pydle: asynchronous, PASS.

Arguments: PORT ACCOUNT PASSWORD CHANNEL
"""

import sys

import pydle

PORT, ACCOUNT, PASSWORD, CHANNEL = sys.argv[1:]


class Parrot(pydle.Client):
    """Repeats what is said to it."""

    async def on_connect(self) -> None:
        await super().on_connect()
        await self.join(CHANNEL)

    async def on_message(self, target: str, source: str, message: str) -> None:
        await super().on_message(target, source, message)
        if message.startswith(f"{self.nickname}: "):
            await self.message(target, f"{source} said: {message.partition(' ')[2]}")


# No SASL: pydle 1.2 takes the first of several lines of CAP LS for the whole list.
bot = Parrot(ACCOUNT)
bot.run("localhost", int(PORT), tls=True, tls_verify=True, password=f"{ACCOUNT}:{PASSWORD}")
