"""Exports: what was said, as lines of JSON that any program can read, and that `securechat import` takes.

`form` is the format, `exporting` writes it, `checking` looks one through and `importing` writes its contents.
"""
