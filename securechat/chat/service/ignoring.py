"""The pseudo-user's commands for whom one ignores: ignore, unignore."""

from typing import Final

from securechat.chat.masks import ACCOUNT, InvalidMask
from securechat.chat.rules import silence
from securechat.chat.service.asked import Asked, ServiceCommand


def ignore(asked: Asked) -> None:
    """ignore [<nick>]

    Keeps somebody's direct messages and invitations from you, on all your devices; without a nick it lists
    whom you ignore. What they say in channels your client can hide.
    """
    ctx = asked.ctx
    if not asked.words:
        for mask in ctx.registry.silences.of(asked.account.id):
            asked.say(mask.removeprefix(ACCOUNT))
        asked.say("End of those whom you ignore")
        return
    try:
        mask = silence.mask_for(ctx, asked.word(0))
        new = silence.ignore(ctx, mask)
        asked.say(f"You {'now ignore' if new else 'ignored already'} {mask.removeprefix(ACCOUNT)}")
    except InvalidMask as error:
        asked.say(str(error))
    except silence.ListFull:
        asked.say("You ignore as many as you can: `unignore` somebody first")


def unignore(asked: Asked) -> None:
    """unignore <nick>

    Lets somebody reach you again.
    """
    try:
        mask = silence.mask_for(asked.ctx, asked.word(0))
    except InvalidMask as error:
        asked.say(str(error))
        return
    name = mask.removeprefix(ACCOUNT)
    asked.say(f"You ignore {name} no more" if silence.heed(asked.ctx, mask) else f"You did not ignore {name}")


COMMANDS: Final = (ServiceCommand("ignore", ignore), ServiceCommand("unignore", unignore, 1))
