r"""Monikers: ``//HOST/root/virtualization/v2``, ``winmgmts:…``, or an object path below one.

Backslashes and slashes are the same, so a path may come with either; in the value of a key ``//`` is the escaped
backslash of the path.
"""
from __future__ import annotations

import re
from typing import Dict, NamedTuple, Optional

_MONIKER = re.compile(r"(?:winmgmts:)?//([^/]+)/([^:]*)(?::(.*))?$", re.DOTALL | re.IGNORECASE)
_KEY = re.compile(r"\s*(\w+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|([^,]*))\s*(?:,|$)", re.DOTALL)


class Moniker(NamedTuple):
    """The parts; ``keys`` is None for a namespace or a class."""

    host: str
    name_space: str
    class_name: Optional[str]
    keys: Optional[Dict[str, str]]


def parse(moniker: str) -> Moniker:
    """Takes a moniker apart. ValueError when its keys are not ``Name=value`` pairs."""
    # A quote that is escaped keeps its backslash through the change of slashes.
    text = re.sub(r'\\(?!")', "/", moniker)
    match = _MONIKER.match(text)
    if match is None:
        name_space = re.sub("^winmgmts:", "", text, flags=re.IGNORECASE).strip("/")
        return Moniker(".", name_space, None, None)
    host, name_space, path = match.groups()
    name_space = name_space.strip("/")
    if not path:
        return Moniker(host, name_space, None, None)
    class_name, dot, tail = path.partition(".")
    if not dot:
        return Moniker(host, name_space, class_name, None)
    return Moniker(host, name_space, class_name, _keys(tail, moniker))


def _keys(text: str, moniker: str) -> Dict[str, str]:
    keys: Dict[str, str] = {}
    place = 0
    while place < len(text):
        match = _KEY.match(text, place)
        if match is None or match.end() == place:
            raise ValueError(f"this moniker's keys are no Name=value pairs, at {text[place:]!r}: {moniker}")
        name, double, single, bare = match.groups()
        value = double if double is not None else single if single is not None else bare
        keys[name] = value.replace("//", "\\").replace('\\"', '"')
        place = match.end()
    return keys
