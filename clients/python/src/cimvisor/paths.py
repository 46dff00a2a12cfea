r"""Object paths: ``\\HOST\root\virtualization\v2:Class.Key="value",Other=1`` (DSP0207, and WMI's spelling of it)."""
from __future__ import annotations

import re
from typing import Dict, Mapping, Union

KeyValue = Union[str, int, bool]

_PLACE = re.compile(r"^(?:[\\/]{2}([^\\/]+)[\\/])?(?:([^:\"]*):)?")
_KEY = re.compile(
    r"\s*([A-Za-z_]\w*)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|([^,\"'\s]+))\s*(,|$)", re.DOTALL
)


def escape(text: str) -> str:
    """``text`` as it stands between the double quotes of a key."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


class ObjectPath(str):
    """An object path as text, with its parts. A reference value is one; plain strings serve in all calls as well."""

    __slots__ = ()

    @classmethod
    def make(cls, class_name: str, keys: Mapping[str, KeyValue], name_space: str = "", host: str = "") -> "ObjectPath":
        """Puts a path together and escapes the values of its keys."""
        texts = []
        for name, value in keys.items():
            if isinstance(value, bool):
                texts.append(f"{name}={'TRUE' if value else 'FALSE'}")
            elif isinstance(value, int):
                texts.append(f"{name}={value}")
            else:
                texts.append(f'{name}="{escape(value)}"')
        place = name_space.replace("/", "\\")
        front = f"\\\\{host}\\{place}:" if host else (f"{place}:" if place else "")
        return cls(f"{front}{class_name}{'.' if texts else ''}{','.join(texts)}")

    @property
    def host(self) -> str:
        """The host, "" when the path has none."""
        match = _PLACE.match(self)
        return (match.group(1) or "") if match else ""

    @property
    def name_space(self) -> str:
        """The namespace with slashes, "" when the path has none."""
        match = _PLACE.match(self)
        return (match.group(2) or "").replace("\\", "/").strip("/") if match else ""

    @property
    def relative(self) -> str:
        """What follows the namespace: __RELPATH."""
        match = _PLACE.match(self)
        return self[match.end() :] if match else str(self)

    @property
    def class_name(self) -> str:
        """The class."""
        return re.split(r"[.=@]", self.relative, 1)[0]

    @property
    def keys_by_name(self) -> Dict[str, KeyValue]:
        """The keys and their values, unescaped. ValueError when the text is no path with named keys."""
        relative = self.relative
        dot = relative.find(".")
        text = relative[dot + 1 :] if dot >= 0 else ""
        keys: Dict[str, KeyValue] = {}
        place = 0
        while place < len(text):
            match = _KEY.match(text, place)
            if match is None:
                raise ValueError(f"this is no object path, at {text[place:]!r}: {self}")
            name, double, single, bare, _ = match.groups()
            keys[name] = _unescape(double if double is not None else single) if bare is None else _bare(bare)
            place = match.end()
        return keys


def _bare(text: str) -> KeyValue:
    if text.upper() in ("TRUE", "FALSE"):
        return text.upper() == "TRUE"
    return int(text, 0)
