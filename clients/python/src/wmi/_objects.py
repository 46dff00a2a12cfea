"""Instances, classes, methods and paths with PyMI's interface."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Tuple

import cimvisor
from cimvisor.errors import WBEM_E_INVALID_PARAMETER
from cimvisor.v1 import types_pb2
from wmi import _convert, _text
from wmi._errors import make_error, translated
from wmi._events import EventWatcher, event_query

if TYPE_CHECKING:
    from wmi._connection import Connection


class WmiPath:
    """The path of an object, by parts."""

    def __init__(self, path: str, class_name: str, name_space: str, is_class: bool) -> None:
        self.Path = path
        self.Class = class_name
        self.Namespace = name_space
        self.IsClass = is_class

    @property
    def RelPath(self) -> str:
        """What follows the namespace."""
        return cimvisor.ObjectPath(self.Path).relative

    @property
    def Server(self) -> str:
        """The host."""
        return cimvisor.ObjectPath(self.Path).host

    @property
    def Keys(self) -> Dict[str, Any]:
        """The keys by name."""
        return cimvisor.ObjectPath(self.Path).keys_by_name

    def __str__(self) -> str:
        return self.Path


class WmiMethod:
    """A method of an instance or class, to be called.

    Positional arguments are the IN parameters in alphabetical order. The result is a tuple of the OUT parameters and
    ReturnValue in alphabetical order, nulls included.
    """

    def __init__(self, connection: "Connection", target: str, declared: types_pb2.MethodDeclaration) -> None:
        self._connection = connection
        self._target = target
        self._declared = declared

    @translated
    def __call__(
        self, *args: Any, operation_options: Optional[Dict[str, Any]] = None, **kwargs: Any
    ) -> Tuple[Any, ...]:
        name = self._declared.name
        inputs = sorted((item for item in self._declared.parameters if item.is_in), key=lambda item: str(item.name))
        if len(args) > len(inputs):
            raise ValueError(f"{name} takes {len(inputs)} parameters, and {len(args)} are given")
        by_name = {item.name.lower(): item for item in inputs}
        given = {item.name: value for item, value in zip(inputs, args)}
        for key, value in kwargs.items():
            declared = by_name.get(key.lower())
            if declared is None:
                raise ValueError(f"{name} has no input parameter {key}")
            if declared.name in given:
                raise ValueError(f"{name}: {declared.name} is given twice")
            given[declared.name] = value
        parameters = {
            key: _convert.to_client(self._connection, value, by_name[key.lower()]) for key, value in given.items()
        }
        timeout = self._connection.timeout(operation_options)
        result = self._connection.client.invoke(self._target, name, parameters, timeout=timeout)
        outputs = {item.name: item for item in self._declared.parameters if item.is_out}
        values = {
            key: _convert.from_client(self._connection, _value(result, key), declared, False)
            for key, declared in outputs.items()
        }
        if self._declared.return_type != types_pb2.CIM_TYPE_UNSPECIFIED:
            values["ReturnValue"] = result.return_value
        return tuple(values[key] for key in sorted(values))

    def __repr__(self) -> str:
        inputs = sorted(item.name for item in self._declared.parameters if item.is_in)
        return f"<function {self._declared.name} ({', '.join(inputs)})>"


def _value(result: cimvisor.MethodResult, name: str) -> Any:
    try:
        return result[name]
    except KeyError:
        return None


class WmiInstance:
    """An instance; its properties and methods are attributes, whatever the case of their names."""

    def __init__(self, connection: "Connection", instance: cimvisor.Instance) -> None:
        put = object.__setattr__
        put(self, "_connection", connection)
        put(self, "_instance", instance)

    _connection: "Connection"
    _instance: cimvisor.Instance

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._read(name)

    @translated
    def _read(self, name: str) -> Any:
        if name in self._instance:
            value = self._instance[name]
            needs_type = isinstance(value, (cimvisor.Instance, list))
            declared = self._connection.property_of(self._instance.class_name, name) if needs_type else None
            return _convert.from_client(self._connection, value, declared, True)
        method = self._connection.method_of(self._instance.class_name, name)
        if method is None:
            raise AttributeError(f"'{self._instance.class_name}' has no attribute '{name}'.")
        return WmiMethod(self._connection, str(self._instance.path), method)

    @translated
    def __setattr__(self, name: str, value: Any) -> None:
        declared = self._connection.property_of(self._instance.class_name, name)
        if declared is None:
            raise make_error(f"'{self._instance.class_name}' has no property '{name}'.", WBEM_E_INVALID_PARAMETER)
        self._instance[declared.name] = _convert.to_client(self._connection, value, declared)

    def set(self, **values: Any) -> None:
        """Sets several properties."""
        for name, value in values.items():
            setattr(self, name, value)

    @translated
    def put(self, operation_options: Optional[Dict[str, Any]] = None) -> None:
        """Writes what was set: creates the instance when it has no path yet."""
        timeout = self._connection.timeout(operation_options)
        if not self._instance.path:
            created = self._connection.client.create(self._instance, timeout=timeout)
            self._instance.path = created.path
        else:
            self._connection.client.modify(self._instance, timeout=timeout)

    @translated
    def Delete_(self, operation_options: Optional[Dict[str, Any]] = None) -> None:
        """Deletes the instance."""
        self._connection.client.delete(self._instance, timeout=self._connection.timeout(operation_options))

    def path_(self) -> str:
        """The path as text; "" for a new instance."""
        return str(self._instance.path)

    def path(self) -> WmiPath:
        """The path by parts."""
        path = self._instance.path
        name_space = path.name_space or self._connection.name_space
        return WmiPath(str(path), self._instance.class_name, name_space, False)

    @translated
    def GetText_(self, text_format: int = _text.WMI_TEXT_CIM_DTD_2_0) -> str:
        """The instance as text: 1 CIM-XML, 2 WMI's DTD 2.0."""
        declaration = self._connection.declaration(self._instance.class_name)
        if text_format == _text.WMI_TEXT_CIM_DTD_2_0:
            return _text.cim_xml(self._instance, declaration)
        if text_format == _text.WMI_TEXT_WMI_DTD_2_0:
            return _text.wmi_xml(self._instance, declaration)
        raise ValueError(f"there is no text format {text_format}; 1 is CIM's DTD 2.0, 2 is WMI's")

    @translated
    def associators(
        self,
        wmi_association_class: str = "",
        wmi_result_class: str = "",
        operation_options: Optional[Dict[str, Any]] = None,
    ) -> "List[WmiInstance]":
        """The instances that are associated with this one."""
        rows = self._connection.client.associators(
            self._instance,
            assoc_class=wmi_association_class,
            result_class=wmi_result_class,
            timeout=self._connection.timeout(operation_options),
        )
        return [WmiInstance(self._connection, row) for row in rows]

    @translated
    def references(
        self, wmi_class: str = "", operation_options: Optional[Dict[str, Any]] = None
    ) -> "List[WmiInstance]":
        """The associations that this instance takes part in."""
        timeout = self._connection.timeout(operation_options)
        rows = self._connection.client.references(self._instance, result_class=wmi_class, timeout=timeout)
        return [WmiInstance(self._connection, row) for row in rows]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, WmiInstance):
            return NotImplemented
        if self._instance.path or other._instance.path:
            return self.path_().lower() == other.path_().lower()
        return self._instance == other._instance

    def __hash__(self) -> int:
        return hash(self.path_().lower())

    def __repr__(self) -> str:
        return f"<wmi_object: {self.path_() or self._instance!r}>"


class WmiClass:
    """A class: called, it lists its instances; its static methods are attributes."""

    def __init__(self, connection: "Connection", declaration: types_pb2.ClassDeclaration) -> None:
        self._connection = connection
        self._declaration = declaration

    @property
    def class_name(self) -> str:
        """Its name as it is defined."""
        return self._declaration.name

    def __call__(
        self,
        fields: Optional[Sequence[str]] = None,
        operation_options: Optional[Dict[str, Any]] = None,
        **where: Any,
    ) -> List[WmiInstance]:
        """The instances whose properties have the values that are given, with the fields that are named."""
        conditions = " and ".join(f"{name} = '{_quoted(value)}'" for name, value in where.items())
        wql = f"select {', '.join(fields) if fields else '*'} from {self.class_name}"
        return self._connection.query(wql + (f" where {conditions}" if conditions else ""), operation_options)

    def __getattr__(self, name: str) -> Any:
        method = None if name.startswith("__") else self._connection.method_of(self.class_name, name)
        if method is None:
            raise AttributeError(f"'{self.class_name}' has no attribute '{name}'.")
        return WmiMethod(self._connection, self.class_name, method)

    def new(self) -> WmiInstance:
        """A new instance with the defaults of the class, to be filled and put or passed as a parameter."""
        return self._connection.new_instance(self._declaration)

    def path(self) -> WmiPath:
        """The class's path."""
        name_space = self._connection.name_space
        server = self._connection.server_name
        place = name_space.replace("/", "\\")
        return WmiPath(f"\\\\{server}\\{place}:{self.class_name}", self.class_name, name_space, True)

    def watch_for(
        self,
        raw_wql: Optional[str] = None,
        notification_type: str = "operation",
        wmi_class: Optional[str] = None,
        delay_secs: int = 1,
        fields: Sequence[str] = (),
        **where_clause: Any,
    ) -> EventWatcher:
        """A watcher of this class's events: of a query in WQL, or of one made from the other arguments."""
        wql = raw_wql or event_query(wmi_class or self.class_name, notification_type, delay_secs, fields, where_clause)
        return EventWatcher(self._connection, wql)

    def __repr__(self) -> str:
        return f"<wmi_class: {self.class_name}>"


def _quoted(value: Any) -> str:
    return str(value).replace("'", "''")
