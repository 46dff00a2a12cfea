"""Values between Python and the wire.

========================  ==================================================================
CIM                       Python
========================  ==================================================================
boolean                   bool
uint8 … sint64, char16    int
real32, real64            float
string                    str
datetime                  DateTime, a str with ``to_python()``
reference                 ObjectPath, a str with its parts
object                    Instance
an array                  list
null                      None
========================  ==================================================================
"""
from __future__ import annotations

import datetime
from typing import Any, Iterable, Mapping, Union

from cimvisor.paths import ObjectPath
from cimvisor.v1 import types_pb2

_LARGEST_UNSIGNED = (1 << 64) - 1
_SMALLEST_SIGNED = -(1 << 63)


class DateTime(str):
    """A CIM datetime (DSP0004 §5.2.4): ``20261125110542.000000+000`` or, an interval, ``00000001020304.000000:000``."""

    __slots__ = ()

    @classmethod
    def of(cls, value: Union[datetime.datetime, datetime.timedelta]) -> "DateTime":
        """From Python's types; a time without a zone is taken as UTC."""
        if isinstance(value, datetime.timedelta):
            seconds = value.seconds
            return cls(
                f"{value.days:08d}{seconds // 3600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}"
                f".{value.microseconds:06d}:000"
            )
        offset = value.utcoffset() or datetime.timedelta()
        minutes = int(offset.total_seconds() // 60)
        return cls(f"{value:%Y%m%d%H%M%S}.{value.microsecond:06d}{'-' if minutes < 0 else '+'}{abs(minutes):03d}")

    @property
    def is_interval(self) -> bool:
        """True for a length of time."""
        return len(self) == 25 and self[21] == ":"

    def to_python(self) -> Union[datetime.datetime, datetime.timedelta]:
        """A ``datetime`` with its zone, or a ``timedelta``. Fields that are not given ("*") count as their smallest.

        ValueError when the text is no CIM datetime.
        """
        if len(self) != 25 or self[14] != "." or self[21] not in ":+-":
            raise ValueError(f"{str(self)!r} is no CIM datetime")
        text = self.replace("*", "0")
        hour, minute, second, micro = int(text[8:10]), int(text[10:12]), int(text[12:14]), int(text[15:21])
        if self.is_interval:
            return datetime.timedelta(
                days=int(text[0:8]), hours=hour, minutes=minute, seconds=second, microseconds=micro
            )
        zone = datetime.timedelta(minutes=int(text[22:25]))
        return datetime.datetime(
            int(text[0:4]) or 1,
            int(text[4:6]) or 1,
            int(text[6:8]) or 1,
            hour,
            minute,
            second,
            micro,
            datetime.timezone(-zone if text[21] == "-" else zone),
        )


def from_wire(value: types_pb2.Value) -> Any:
    """The Python value of a message."""
    kind = value.WhichOneof("kind")
    if kind is None:
        return None
    if kind == "text":
        return DateTime(value.text) if value.type == types_pb2.CIM_TYPE_DATETIME else value.text
    if kind == "reference":
        return ObjectPath(value.reference)
    if kind == "array":
        return [from_wire(element) for element in value.array.values]
    if kind == "object":
        from cimvisor.instance import Instance  # instances hold values, and values instances

        return Instance.from_wire(value.object)
    return getattr(value, kind)


def fill(message: types_pb2.Value, value: Any) -> None:
    """Writes a Python value into a message; the service coerces it to the type of the property or parameter.

    TypeError when it is of a type that CIM has no counterpart for, OverflowError when an integer has more than 64 bits.
    """
    from cimvisor.instance import Instance  # instances hold values, and values instances

    if value is None:
        return
    if isinstance(value, bool):
        message.boolean = value
    elif isinstance(value, int):
        if not _SMALLEST_SIGNED <= value <= _LARGEST_UNSIGNED:
            raise OverflowError(f"{value} has more than 64 bits")
        if value < 0:
            message.signed = value
        else:
            message.unsigned = value
    elif isinstance(value, float):
        message.real = value
    elif isinstance(value, ObjectPath):
        message.reference = value
    elif isinstance(value, str):
        message.text = value
    elif isinstance(value, (datetime.datetime, datetime.timedelta)):
        message.text = DateTime.of(value)
    elif isinstance(value, Instance):
        value.fill(message.object)
    elif isinstance(value, (list, tuple)):
        message.array.SetInParent()
        for element in value:
            fill(message.array.values.add(), element)
    else:
        raise TypeError(f"{type(value).__name__} has no counterpart in CIM: {value!r}")


def fill_properties(target: Any, values: Mapping[str, Any]) -> None:
    """Adds a Property message for each name to a repeated field."""
    for name, value in values.items():
        entry = target.add(name=name)
        entry.value.SetInParent()
        try:
            fill(entry.value, value)
        except (TypeError, OverflowError) as error:
            raise type(error)(f"{name}: {error}") from None


def properties_from_wire(properties: Iterable[types_pb2.Property]) -> "dict[str, Any]":
    """Name to value, in the order of the messages."""
    return {entry.name: from_wire(entry.value) for entry in properties}
