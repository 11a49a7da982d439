"""Command lines that cost the hub as much as their syntax allows, for `world`."""

from collections.abc import Iterator

from securechat.irc import msgid
from tests.support.world import FIRST_ID, World, called, channel_name, nick

LINE = 510
SEVERAL_PEOPLE = {"WHOIS": ",", "ISON": " ", "MONITOR +": ",", "USERHOST": " ", "PRIVMSG": ","}
"""Commands that are for several people, and what stands between these."""


def fitting(head: str, words: Iterator[str] | list[str], tail: str = "", between: str = ",") -> str:
    """As many words as a line holds."""
    line = head
    for word in words:
        more = line + (between if line != head else "") + word
        if len(more.encode()) + len(tail) > LINE:
            break
        line = more
    return line + tail


def costly(world: World) -> dict[str, list[str]]:
    """For each command the worst lines that we know: what one group says is said one line after the other."""
    crowd = world.crowd
    people = [nick(one) if not crowd.free else called(one) for one in range(crowd.accounts)]
    channels = [channel_name(one) for one in range(crowd.channels)]
    big, key = channels[0], msgid.encode(FIRST_ID + 1)
    stars, last = "*?" * 230, crowd.own - 1
    groups = {
        "WHO *": ["WHO *"],
        "WHO * fields": ["WHO * %tcuihsnfdlaor,152"],
        "WHO stars": ["WHO " + "*" * 480],
        "WHO *x*x": ["WHO " + "*x" * 16],
        "WHO *?*?": ["WHO " + stars],
        "WHO nobody": ["WHO *x*y*z*"],
        "WHO #big": [f"WHO {big} %tcuihsnfdlaor,152"],
        "WHO o": ["WHO * o"],
        "LIST": ["LIST"],
        "LIST masks": ["LIST " + ",".join(["*z*z*z*"] * 60)],
        "LIST not": ["LIST " + ",".join(["!*q*z"] * 80)],
        "LIST >": ["LIST " + ",".join([">0"] * 160)],
        "LIST none": ["LIST >99999"],
        "NAMES": [fitting("NAMES ", channels)],
        "NAMES #big": [f"NAMES {big}"],
        "WHOIS": [fitting("WHOIS ", people)],
        "WHOIS self": [f"WHOIS {people[0]}"],
        "WHOWAS": ["WHOWAS " + ",".join(f"q{one}" for one in range(20))],
        "WHOWAS gone": ["WHOWAS " + ",".join(spellings(people[-1], 15))],
        "label WHOIS": ["@label=x " + fitting("WHOIS ", people)],
        "label WHOWAS": ["@label=x WHOWAS " + ",".join(spellings(people[-1], 15))],
        "label JOIN": [
            f"PART {','.join(channels[1:8])}",
            f"@label=x JOIN {','.join(channels[1:8])}",
            "@label=x JOIN " + ",".join(f"#{one:x}" for one in range(120)),
        ],
        "USERHOST": [fitting("USERHOST ", people, between=" ")],
        "USERIP": [fitting("USERIP ", people, between=" ")],
        "ISON": [fitting("ISON ", people, between=" ")],
        "MONITOR +": [fitting("MONITOR + ", people[10 * one :]) for one in range(1, 12)],
        "MONITOR L": ["MONITOR L"],
        "MONITOR S": ["MONITOR S"],
        "PRIVMSG #big": [f"PRIVMSG {big} :{'m' * 200}"],
        "PRIVMSG 7 channels": [fitting("PRIVMSG ", channels[: crowd.own], " :m")],
        "PRIVMSG people": [fitting("PRIVMSG ", people, " :m")],
        "PRIVMSG @#big": [f"PRIVMSG @{big} :m"],
        "PRIVMSG self": [f"PRIVMSG {people[0]} :m"],
        "NOTICE #big": [f"NOTICE {big} :m"],
        "PRIVMSG tags": [f"@+a={'x' * 4000} PRIVMSG {big} :m"],
        "PRIVMSG many tags": ["@" + ";".join(f"+{one}" for one in range(800)) + f" PRIVMSG {big} :m"],
        "PRIVMSG nonce": [f"@+securechat/nonce=n1 {fitting('PRIVMSG ', people, ' :m')}"],
        "PRIVMSG edit": [f"@+securechat/edit={key} PRIVMSG {big} :m"],
        "TAGMSG": [f"@+draft/react=x TAGMSG {big}"],
        "TAGMSG many": [f"@+typing=active {fitting('TAGMSG ', channels)}"],
        "multiline": [
            f"BATCH +1 draft/multiline {big}",
            *[f"@batch=1 PRIVMSG {big} :{'m' * 100}" for _ in range(99)],
            "BATCH -1",
        ],
        "multiline short": [
            f"BATCH +1 draft/multiline {big}",
            *[f"@batch=1 PRIVMSG {big} :m" for _ in range(100)],
            "BATCH -1",
        ],
        "multiline words": [
            f"BATCH +1 draft/multiline {channels[1]}",
            *[f"@batch=1 PRIVMSG {channels[1]} :{'a ' * 220}" for _ in range(36)],
            "BATCH -1",
        ],
        "KICK": [fitting(f"KICK {channels[last]} ", people[last * 37 % crowd.accounts :], " :bye")],
        "INVITE": [fitting("INVITE ", people, f" {big}")],
        "INVITE list": ["INVITE"],
        "KNOCK": [f"KNOCK {channels[-1]}"],
        "TOPIC": [f"TOPIC {big} :{'t' * 390}"],
        "RENAME": [f"RENAME {big} #renamed", f"RENAME #renamed {big}"],
        "MODE b": [f"MODE {channels[1]} beI"],
        "MODE b many": [f"MODE {channels[1]} {'b' * 400}"],
        "MODE query": [f"MODE {big}"],
        "MODE -b": [f"MODE {channels[2]} -{'b' * 5} {' '.join(f'*!*@*{n}' for n in range(5))}"],
        "MODE o": [f"MODE {big} +{'v' * 12} {' '.join(people[1:13])}"],
        "MODE letters": [f"MODE {big} {'ntimsCc' * 60}"],
        "MODE minus": [f"MODE {big} {'+-' * 200}"],
        "NICK": [f"NICK {people[0].upper()}", f"NICK {people[0]}"],
        "SETNAME": ["SETNAME :x"],
        "AWAY": [f"AWAY :{'a' * 200}", "AWAY"],
        "MODE +B": [f"MODE {people[0]} +B", f"MODE {people[0]} -B"],
        "METADATA SUB": [
            fitting("METADATA * SUB ", [f"key{one:02}".ljust(32, "k") for one in range(20)], between=" "),
            fitting("METADATA * SUB ", [f"key{one:02}".ljust(32, "k") for one in range(12, 20)], between=" "),
            "METADATA * SUB soju.im/muted soju.im/blocked soju.im/pinned",
        ],
        "METADATA SYNC": [f"METADATA {big} SYNC"],
        "METADATA LIST": [f"METADATA {big} LIST"],
        "METADATA GET": ["METADATA * GET" + " abc" * 110],
        "METADATA SET": [f"METADATA * SET {'key00'.ljust(32, 'k')} :{one * 250}" for one in "wx"],
        "METADATA SET #": [f"METADATA {big} SET {'key00'.ljust(32, 'k')} :{one * 250}" for one in "wx"],
        "METADATA SET own": [f"METADATA {people[5]} SET soju.im/pinned 1"],
        "METADATA CLEAR": [f"METADATA {channels[5]} CLEAR"],
        "METADATA CLEAR *": ["METADATA * CLEAR"],
        "CHATHISTORY": [f"CHATHISTORY LATEST {big} * 1000"],
        "CHATHISTORY TARGETS": [
            "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 1000"
        ],
        "SEARCH": ["SEARCH text=m"],
        "REDACT": [f"REDACT {big} {key} :why"],
        "PINS": [f"PINS {big}"],
        "PIN": [f"PIN {big} {key}"],
        "MARKREAD": [f"MARKREAD {big} timestamp=2023-12-01T00:00:00.000Z"],
        "RELAYMSG": [f"RELAYMSG {big} relay/x :m"],
        "JOIN known": [fitting("JOIN ", channels)],
        "JOIN new": [f"{command} {channels[last]},{channels[last - 1]}" for command in ("PART", "JOIN")],
        "JOIN many": ["JOIN " + ",".join(f"#{one:x}" for one in range(120))],
        "JOIN unicode": ["JOIN " + ",".join(f"#ä{one:x}" for one in range(80))],
        "NICK unicode": ["PRIVMSG " + ",".join(f"ä{one:x}é" for one in range(20)) + " :m"],
        "HELP": ["HELP", "HELP CMODE"],
        "MOTD": ["MOTD"], "VERSION": ["VERSION"], "INFO": ["INFO"], "LUSERS": ["LUSERS"],
        "STATS": ["STATS u"],
        "LINKS": ["LINKS"], "WHOAMI": ["WHOAMI"], "TIME *": ["TIME " + "*" * 480],
        "CAP LS": ["CAP LS 302"], "CAP LIST": ["CAP LIST"],
        "CAP REQ": ["CAP REQ :-message-tags -server-time", "CAP REQ :message-tags server-time"],
        "CAP REQ many": [fitting("CAP REQ :", ["server-time", "-server-time"] * 40, between=" ")],
        "ISUPPORT": ["ISUPPORT"],
        "unicode": [
            fitting(f"{command} ", [f"ä{one}éöü{command[:4]}" for one in range(100)], between=between)
            for command, between in SEVERAL_PEOPLE.items()
        ],
        "unicode channels": [
            fitting(f"{command} ", [f"#ä{one}éöü{command}" for one in range(100)]) + " x"
            for command in ("LIST", "NAMES", "PART", "KICK")
        ],
        "service channels": ["PRIVMSG securechat :channels"],
        "service access": [f"PRIVMSG securechat :access {big}"],
        "service help": ["PRIVMSG securechat :help"],
        "service sessions": ["PRIVMSG securechat :sessions"],
        "DEVICE": ["DEVICE RENEW", f"DEVICE KEY {'d' * 32} {'A' * 400}"],
        "JOIN 0": ["JOIN 0"],
    }  # fmt: skip
    return groups | operators(world, people, channels)


def spellings(name: str, count: int) -> list[str]:
    """Ways to write a name that are all the same name."""
    return [name[:at] + name[at].upper() + name[at + 1 :] for at in range(len(name) - count, len(name))]


def operators(world: World, people: list[str], channels: list[str]) -> dict[str, list[str]]:
    """What only operators do."""
    return {
        "OPER": [f"OPER {nick(0)} secret"],
        "WALLOPS": ["WALLOPS :" + "w" * 400],
        "SAJOIN": [f"SAJOIN {people[3]} {channels[4]}", f"SAPART {people[3]} {channels[4]}"],
        "SAJOIN self": [f"SAJOIN {people[0]} {channels[0]}"],
        "admin users": ["PRIVMSG securechat :admin users"],
        "admin sessions": ["PRIVMSG securechat :admin sessions"],
        "admin deluser": [f"PRIVMSG securechat :admin deluser {people[9]}"],
        "admin disable": [f"PRIVMSG securechat :admin disable {people[8]}"],
        "KILL": [f"KILL {people[7]} :x"],
        "admin channels": ["PRIVMSG securechat :admin channels"],
        "UBAN ADD": [fitting("UBAN ADD ", [f"10.{one}.0.0/16" for one in range(60)], " 1h :why")],
        "UBAN ADD masks": [fitting("UBAN ADD ", [f"?*x?*q{one}!*@*" for one in range(60)], " 1h :why")],
        "UBAN INFO": [f"UBAN INFO {people[0]}", "UBAN LIST"],
        "KLINE": [f"KLINE 60 {'*x' * 60}q!*@* :why", f"UNKLINE {'*x' * 60}q!*@*"],
        "DLINE": [
            fitting("DLINE 60 ", [f"10.{one}.0.0/16" for one in range(60)]),
            fitting("UNDLINE ", [f"10.{one}.0.0/16" for one in range(60)]),
        ],
        "ban": [
            fitting(f"PRIVMSG securechat :{what} {channels[3]} ", people[5:]) for what in ("ban", "unban")
        ],
        "ban masks": [
            fitting(f"PRIVMSG securechat :{what} {channels[3]} ", [f"*x?{one}!*@*" for one in range(20)])
            for what in ("ban", "mute", "unmute", "unban")
        ],
        "kickban": [fitting(f"PRIVMSG securechat :kickban {channels[3]} ", people[5:], " 1h x")],
        "unban": [f"PRIVMSG securechat :{what} {channels[3]} $a:{nick(0)}" for what in ("ban", "unban")],
        "bans": [f"PRIVMSG securechat :bans {channels[3]}"],
        "report": [f"PRIVMSG securechat :report {people[2]} {'x' * 300}"],
        "end sessions": ["PRIVMSG securechat :admin end-sessions - 10.0.0.0/8"],
        "admin rename": [
            f"PRIVMSG securechat :admin rename {nick(6)} mallory",
            f"PRIVMSG securechat :admin rename mallory {nick(6)}",
        ],
        "admin role": [f"PRIVMSG securechat :admin role {nick(5)} {role}" for role in ("bot", "member")],
        "admin must-change": [f"PRIVMSG securechat :admin must-change {nick(4)}"],
        "drop many": ["PRIVMSG securechat :drop #c001* #c001*"],
        "drop": [f"PRIVMSG securechat :drop {channels[0]} {channels[0]}"],
    }
