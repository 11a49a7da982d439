"""Texts that try to do something to a terminal or to a reader, and what must never reach one."""

import re
import unicodedata

HOSTILE = (
    "\x1b[2J\x1b[H cleared",
    "\x1b]0;title\x07 retitled",
    "\x1b]52;c;ZXZpbA==\x07 clipboard",
    "\x1b]8;;http://evil.test\x1b\\link\x1b]8;;\x1b\\",
    "\x1bP+q544e\x1b\\ device control",
    "\x1b[6n report",
    "\x9b31mC1 colour\x9b0m",
    "\x90device\x9c",
    "\x9d52;c;ZXZpbA==\x9c",
    "line\r\nforged\rover\x0bdown\x0cpage",
    "next\x85line\u2028sep\u2029par",
    "bell\x07 back\x08\x08\x08 del\x7f nul\x00",
    "\u202egnp.exe\u202c reversed",
    "\u2066isolate\u2069 \u2067rtl\u2069 \u200fmark\u061c",
    "zero\u200bwidth\u2060joiner\ufeffbom\u00adsoft",
    "ad\u200dmin ad\u200cmin",
    "tag\U000e0041\U000e0042\U000e007f",
    "z" + "\u0301" * 50 + "algo",
    "z" + ("\u0301" * 6 + "\u200d") * 50 + "algo",
    "\U0001f469" + "\u200d\U0001f469" * 200 + " family",
    "\u1100" + "\u1161" * 300 + " syllable",
    "lone \ud800 surrogate \udfff",
    "none \ufffe\uffff\ufdd0",
    "\x0304,08red\x03 \x02bold\x02 \x1funder\x1f \x16rev\x16 \x0freset \x04ff0000hex",
    "\x03" + "\x1b[31m" + "\x02" * 5,
    "filler\u3164\u115f\u1160\uffa0",
    "\x0e shift out \x0f",
)


def is_harmless(text: str) -> bool:
    """Whether no character of a line can do anything but be seen, and none stands for a heap of them."""
    heaps = re.search("[\u0301\u200d]{12}|(?:.\u200d){11}", text)
    return heaps is None and not any(
        unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
        or char in "\u061c\u200b\u200e\u200f\u2060\ufeff\u00ad"
        or "\u202a" <= char <= "\u202e"
        or "\u2066" <= char <= "\u2069"
        or "\U000e0000" <= char <= "\U000e0fff"
        for char in text
    )
