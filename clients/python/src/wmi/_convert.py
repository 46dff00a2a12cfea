"""Values between this module's objects and the client's: datetimes as Python's, arrays as tuples."""
from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import cimvisor
from cimvisor.v1 import types_pb2
from wmi import _text

if TYPE_CHECKING:
    from wmi._connection import Connection


def from_client(connection: "Connection", value: Any, declared: Any, load_references: bool) -> Any:
    """A property's or parameter's value as PyMI gives it.

    A reference is a loaded object when it is read from an instance, and a path when a method returned it.
    """
    from wmi._objects import WmiInstance  # objects hold values, and values objects

    if isinstance(value, (list, tuple)):
        return tuple(from_client(connection, item, declared, False) for item in value)
    if isinstance(value, cimvisor.ObjectPath):
        return connection.load(value) if load_references else str(value)
    if isinstance(value, cimvisor.DateTime):
        python = value.to_python()
        return python.replace(tzinfo=None) if isinstance(python, datetime.datetime) else python
    if isinstance(value, cimvisor.Instance):
        if declared is not None and declared.type == types_pb2.CIM_TYPE_STRING:
            return _text.cim_xml(value, connection.declaration(value.class_name))
        return WmiInstance(connection, value)
    return value


def to_client(connection: "Connection", value: Any, declared: Any) -> Any:
    """A value for a property or an IN parameter, by its declared type. A reference is loaded first: a dead one fails."""
    from wmi._objects import WmiInstance  # objects hold values, and values objects

    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        return [to_client(connection, item, declared) for item in value]
    if declared.type == types_pb2.CIM_TYPE_REFERENCE:
        path = value.path_() if isinstance(value, WmiInstance) else str(value)
        return cimvisor.ObjectPath(connection.load(path).path_())
    if isinstance(value, WmiInstance):
        return value._instance
    if declared.type == types_pb2.CIM_TYPE_BOOLEAN and isinstance(value, str):
        return value.lower() in ("true", "yes", "1")
    return value
