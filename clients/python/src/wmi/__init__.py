"""WMI for Python with the interface of PyMI, over Cimvisor's API: what was written for Hyper-V's WMI runs as it is.

    import wmi

    connection = wmi.WMI("//./root/virtualization/v2")
    for machine in connection.Msvm_ComputerSystem(["ElementName"], Caption="Virtual Machine"):
        print(machine.ElementName)

``$CIMVISOR_SERVER`` names the service of this host; another host in a moniker is reached over mutual TLS. What differs
from a plain client is in docs/python.md. This package knows no class: all comes from the service.
"""
from __future__ import annotations

from typing import Any, Iterable, Optional

from wmi._connection import Connection, open_moniker
from wmi._errors import com_error
from wmi._events import EventWatcher
from wmi._objects import WmiClass, WmiInstance, WmiMethod, WmiPath

# The seconds that an operation may take, where none is given; None: the client's 60.
DEFAULT_OPERATION_TIMEOUT: Optional[float] = None


class x_wmi(Exception):
    """An operation failed; ``com_error`` has the HRESULT."""

    def __init__(self, info: str = "", com_error: Optional[Exception] = None) -> None:
        super().__init__(info)
        self.info = info
        self.com_error = com_error

    def __str__(self) -> str:
        return f"<x_wmi: {self.info or 'Unexpected COM Error'} {self.com_error or '(no underlying exception)'}>"


class x_wmi_timed_out(x_wmi):
    """No event came, or an operation took longer than its timeout."""


def WMI(
    moniker: str = "root/cimv2",
    privileges: Optional[Iterable[str]] = None,
    locale_name: Optional[str] = None,
    computer: str = "",
    user: str = "",
    password: str = "",
    operation_timeout: Optional[float] = None,
) -> Any:
    """What a moniker names: a connection to a namespace, a class or an instance.

    x_wmi 0x8004100E for an unknown namespace, 0x80041002 for an instance that is not there, 0x800706BA when no service
    answers. ``privileges`` are Windows' and mean nothing here; ``locale_name`` is taken, all texts are English. A user
    and a password are refused: the service knows its callers by the socket or by certificates.
    """
    del privileges, locale_name
    return open_moniker(moniker, computer, user, password, operation_timeout)


connect = WMI

__all__ = [
    "Connection",
    "EventWatcher",
    "WMI",
    "WmiClass",
    "WmiInstance",
    "WmiMethod",
    "WmiPath",
    "com_error",
    "connect",
    "x_wmi",
    "x_wmi_timed_out",
]
