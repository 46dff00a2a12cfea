"""Cimvisor's object model for Python: classes, queries, methods, events and jobs of Hyper-V's WMI model over gRPC.

    import cimvisor

    with cimvisor.connect() as client:
        for machine in client.query("SELECT * FROM Msvm_ComputerSystem WHERE Caption = 'Virtual Machine'"):
            print(machine["ElementName"], machine["EnabledState"])

docs/python.md describes it; ``cimvisor.aio`` is the same for asyncio; the module ``wmi`` beside it has PyMI's interface.
"""
from cimvisor.client import Client, QueryResult, connect
from cimvisor.connection import ConnectionOptions
from cimvisor.errors import (
    AccessDenied,
    CimError,
    Conflict,
    DeadlineExceeded,
    Error,
    InvalidArgument,
    JobError,
    JobTimeout,
    MethodError,
    NotFound,
    NotSupported,
    RevisionTooOld,
    Unavailable,
)
from cimvisor.instance import Instance
from cimvisor.paths import ObjectPath
from cimvisor.requests import CIM_XML, MOF, Options
from cimvisor.results import ChangeResult, Event, Explanation, MethodCall, MethodResult
from cimvisor.resume import AnotherService
from cimvisor.values import DateTime
from cimvisor.watch import Watch

__all__ = [
    "AccessDenied",
    "AnotherService",
    "CIM_XML",
    "ChangeResult",
    "CimError",
    "Client",
    "Conflict",
    "ConnectionOptions",
    "DateTime",
    "DeadlineExceeded",
    "Error",
    "Event",
    "Explanation",
    "Instance",
    "InvalidArgument",
    "JobError",
    "JobTimeout",
    "MOF",
    "MethodCall",
    "MethodError",
    "MethodResult",
    "NotFound",
    "NotSupported",
    "ObjectPath",
    "Options",
    "QueryResult",
    "RevisionTooOld",
    "Unavailable",
    "Watch",
    "connect",
]
