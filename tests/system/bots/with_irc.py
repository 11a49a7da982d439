"""A bot as its author would write it with irc: one thread, callbacks, SASL PLAIN.

Arguments: PORT ACCOUNT PASSWORD CHANNEL
"""

import functools
import ssl
import sys

import irc.bot
import irc.client
import irc.connection

PORT, ACCOUNT, PASSWORD, CHANNEL = sys.argv[1:]


class Parrot(irc.bot.SingleServerIRCBot):
    """Repeats what is said to it."""

    def on_welcome(self, connection: irc.client.ServerConnection, event: irc.client.Event) -> None:
        connection.join(CHANNEL)

    def on_pubmsg(self, connection: irc.client.ServerConnection, event: irc.client.Event) -> None:
        address, _, text = event.arguments[0].partition(" ")
        if address == f"{connection.get_nickname()}:":
            connection.privmsg(event.target, f"{event.source.nick} said: {text}")


wrapper = functools.partial(ssl.create_default_context().wrap_socket, server_hostname="localhost")
bot = Parrot(
    [irc.bot.ServerSpec("localhost", int(PORT), PASSWORD)],
    ACCOUNT,
    ACCOUNT,
    sasl_login=ACCOUNT,
    connect_factory=irc.connection.Factory(wrapper=wrapper),
)
bot.start()
