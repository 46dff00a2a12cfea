"""Connections to a namespace; those of one service share its channel."""
from __future__ import annotations

import os
import socket
import threading
from typing import Any, Dict, List, Optional, Tuple, Union

import cimvisor
from cimvisor.requests import DEFAULT_TIMEOUT
from cimvisor.v1 import types_pb2
from cimvisor.values import from_wire
from wmi import _moniker
from wmi._errors import translated
from wmi._objects import WmiClass, WmiInstance

DEFAULT_PORT = 5989  # CIM-XML's port of IANA, which the service's configuration proposes as well

_lock = threading.Lock()
_clients: Dict[Tuple[int, str], cimvisor.Client] = {}
_addresses: Dict[str, str] = {}  # by the name that a service gives itself (__SERVER), in lower case


def _address_of(host: str) -> str:
    """Where the service of a host is: this host's is the one that $CIMVISOR_SERVER names, or its unix socket."""
    own = cimvisor.ConnectionOptions().address()
    if host.lower() in (".", "localhost", "127.0.0.1", socket.gethostname().lower()):
        return own
    with _lock:
        known = _addresses.get(host.lower())
    if known is not None:
        return known
    if not own.startswith("unix:") and own.rpartition(":")[0].lower() == host.lower():
        return own
    return f"{host}:{DEFAULT_PORT}"


def _client_of(address: str) -> cimvisor.Client:
    key = (os.getpid(), address)  # a channel does not survive fork
    with _lock:
        client = _clients.get(key)
        if client is None:
            client = _clients[key] = cimvisor.connect(address)
        return client


class Connection:
    """A namespace of a service. Its classes are attributes, whatever the case of their names."""

    def __init__(self, address: str, name_space: str, operation_timeout: Optional[float]) -> None:
        self.address = address
        self.name_space = name_space
        self.client = _client_of(address).in_namespace(name_space)
        self.server_name = ""
        self._operation_timeout = operation_timeout
        self._declarations: Dict[str, types_pb2.ClassDeclaration] = {}

    @translated
    def probe(self) -> None:
        """Asks whether the namespace is there, and learns the service's name; x_wmi 0x8004100E when it is not."""
        name = self.client.probe()
        self.server_name = name
        with _lock:
            _addresses[name.lower()] = self.address

    def timeout(self, operation_options: Optional[Dict[str, Any]] = None) -> float:
        """The seconds that an operation may take."""
        import wmi  # its DEFAULT_OPERATION_TIMEOUT may be set at any time

        given = (operation_options or {}).get("operation_timeout")
        return float(given or self._operation_timeout or wmi.DEFAULT_OPERATION_TIMEOUT or DEFAULT_TIMEOUT)

    def declaration(self, class_name: str) -> types_pb2.ClassDeclaration:
        """A class of the namespace; it is asked for once."""
        key = class_name.lower()
        found = self._declarations.get(key)
        if found is None:
            found = self._declarations[key] = self.client.get_class(class_name, timeout=self.timeout())
        return found

    def property_of(self, class_name: str, name: str) -> Optional[types_pb2.PropertyDeclaration]:
        """A property of a class; None when it has none of that name."""
        declared: types_pb2.PropertyDeclaration
        for declared in self.declaration(class_name).properties:
            if declared.name.lower() == name.lower():
                return declared
        return None

    def method_of(self, class_name: str, name: str) -> Optional[types_pb2.MethodDeclaration]:
        """A method of a class; None when it has none of that name."""
        declared: types_pb2.MethodDeclaration
        for declared in self.declaration(class_name).methods:
            if declared.name.lower() == name.lower():
                return declared
        return None

    def load(self, path: str) -> WmiInstance:
        """The instance at a path of this service; x_wmi 0x80041002 when there is none."""
        return WmiInstance(self._in(cimvisor.ObjectPath(path).name_space), self._get(path))

    def new_instance(self, declaration: types_pb2.ClassDeclaration) -> WmiInstance:
        """A new instance with the defaults of its class, which has every property."""
        instance = cimvisor.Instance(declaration.name)
        for declared in declaration.properties:
            instance[declared.name] = from_wire(declared.default_value)
        return WmiInstance(self, instance)

    @translated
    def query(self, wql: str, operation_options: Optional[Dict[str, Any]] = None) -> List[WmiInstance]:
        """The rows of a query. As PyMI does, it doubles each backslash: in its literals they stand for themselves."""
        rows = self.client.query(wql.replace("\\", "\\\\"), timeout=self.timeout(operation_options))
        return [WmiInstance(self, row) for row in rows]

    def watch_for(self, raw_wql: str, **unused: Any) -> Any:
        """A watcher of an event query."""
        from wmi._events import EventWatcher  # instances hold connections, and watchers instances

        del unused  # PyMI's signature
        return EventWatcher(self, raw_wql)

    @translated
    def get_class(self, class_name: str) -> WmiClass:
        """A class by name; x_wmi when the namespace has none."""
        return WmiClass(self, self.declaration(class_name))

    @translated
    def get_instance(self, class_name: str, keys: Dict[str, Any]) -> WmiInstance:
        """An instance by its class and keys; x_wmi 0x80041002 when there is none."""
        return WmiInstance(self, self._get(cimvisor.ObjectPath.make(class_name, keys)))

    def __getattr__(self, name: str) -> WmiClass:
        if name.startswith("_") and not name.startswith("__") or name.endswith("__"):
            raise AttributeError(name)
        return self.get_class(name)

    def _in(self, name_space: str) -> "Connection":
        if not name_space or name_space.lower() == self.name_space.lower():
            return self
        other = Connection(self.address, name_space, self._operation_timeout)
        other.server_name = self.server_name
        return other

    @translated
    def _get(self, path: str) -> cimvisor.Instance:
        return self.client.get(path, timeout=self.timeout())


@translated
def open_moniker(
    moniker: str, computer: str, user: str, password: str, operation_timeout: Optional[float]
) -> Union[Connection, WmiClass, WmiInstance]:
    """What a moniker names: a namespace, a class or an instance."""
    if user or password:
        raise cimvisor.NotSupported(
            "the service knows its callers by the socket or by certificates, not by user and password: "
            "set $CIMVISOR_TLS_CA, $CIMVISOR_TLS_CERT and $CIMVISOR_TLS_KEY"
        )
    parts = _moniker.parse(moniker)
    host = computer if computer and parts.host == "." else parts.host
    connection = Connection(_address_of(host), parts.name_space, operation_timeout)
    connection.probe()
    if parts.class_name is None:
        return connection
    if parts.keys is None:
        return connection.get_class(parts.class_name)
    return connection.get_instance(parts.class_name, parts.keys)
