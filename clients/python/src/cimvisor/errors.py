"""What can go wrong, as exceptions.

``Error`` is the base of all. A call that the service refused raises ``CimError`` or the subclass that names the case;
a method that ran and answered with a code other than 0 and 4096 raises ``MethodError``; a job that did not complete
raises ``JobError``. The codes are those of DSP0223 (CIM status) and of wbemcli.h (WMI).
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Optional, Tuple

import grpc

from cimvisor.v1 import types_pb2

if TYPE_CHECKING:
    from cimvisor.instance import Instance

# The trailer with the serialised ErrorDetail (proto/cimvisor/v1/types.proto).
_DETAIL_TRAILER = "grpc-status-details-bin"

WBEM_E_FAILED = 0x80041001
WBEM_E_NOT_FOUND = 0x80041002
WBEM_E_ACCESS_DENIED = 0x80041003
WBEM_E_INVALID_PARAMETER = 0x80041008
WBEM_E_NOT_SUPPORTED = 0x8004100C
WBEM_E_TIMED_OUT = 0x80041069
RPC_S_SERVER_UNAVAILABLE = 0x800706BA  # HRESULT_FROM_WIN32(RPC_S_SERVER_UNAVAILABLE)


class Error(Exception):
    """The base of every error of this package."""


class CimError(Error):
    """A call that the service refused, or that did not reach it.

    ``cim_status`` and ``cim_status_name`` are DSP0223's (6, ``CIM_ERR_NOT_FOUND``), ``wmi_code`` and ``wmi_code_name``
    WMI's (0x80041002, ``WBEM_E_NOT_FOUND``); 0 and "" where the service did not say. ``code`` is gRPC's status.
    """

    def __init__(
        self,
        message: str,
        *,
        code: grpc.StatusCode = grpc.StatusCode.UNKNOWN,
        cim_status: int = 0,
        cim_status_name: str = "",
        wmi_code: int = 0,
        wmi_code_name: str = "",
        oldest_revision: int = 0,
        current_revision: int = 0,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.cim_status = cim_status
        self.cim_status_name = cim_status_name
        self.wmi_code = wmi_code
        self.wmi_code_name = wmi_code_name
        self.oldest_revision = oldest_revision
        self.current_revision = current_revision

    def __str__(self) -> str:
        names = ", ".join(name for name in (self.cim_status_name, self.wmi_code_name) if name)
        return f"{self.message} ({names}, 0x{self.wmi_code:08X})" if names else self.message


class NotFound(CimError):
    """There is no such object, class, namespace or method."""


class AccessDenied(CimError):
    """The caller may not do that, or may not connect."""


class InvalidArgument(CimError):
    """A parameter, a property, a path or a query is wrong; the message says which."""


class NotSupported(CimError):
    """The service names something that it does not offer."""


class Conflict(CimError):
    """The object is not as the call expects it: it has changed since the revision that was expected (the message says
    what changed and who changed it, ``current_revision`` when), or a request id came with other parameters."""


class RevisionTooOld(CimError):
    """The journal no longer reaches back to the revision of a watch: list again, then watch from the list's revision.

    ``oldest_revision`` is the oldest that the journal holds.
    """


class Unavailable(CimError):
    """No service answers, or the connection broke. A call with a request id can be repeated safely."""


class DeadlineExceeded(CimError):
    """The call took longer than its timeout. What it began may still happen: repeat it with the same request id."""


class JobTimeout(Error):
    """The job still runs after the time that was given; it goes on in the service."""


class MethodError(Error):
    """A method answered with a code that says that it did not do its work.

    ``return_value`` is its ReturnValue; ``error`` the Msvm_Error with ``Message`` and ``RecommendedActions``, or None.
    """

    def __init__(self, method: str, return_value: int, error: Optional["Instance"]) -> None:
        message = str(error["Message"]) if error is not None and error.get("Message") else ""
        super().__init__(f"{method} returned {return_value}: {message or 'the service gave no further explanation'}")
        self.method = method
        self.return_value = return_value
        self.error = error
        self.message = message


class JobError(Error):
    """A job ended in another state than completed; ``job`` is its last state."""

    def __init__(self, job: "Instance") -> None:
        message = job.get("ErrorDescription") or job.get("JobStatus") or "the service gave no further explanation"
        super().__init__(f"the job ended with state {job.get('JobState')}, error {job.get('ErrorCode')}: {message}")
        self.job = job
        self.message = str(message)


_BY_CODE = {
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.PERMISSION_DENIED: AccessDenied,
    grpc.StatusCode.UNAUTHENTICATED: AccessDenied,
    grpc.StatusCode.INVALID_ARGUMENT: InvalidArgument,
    grpc.StatusCode.UNIMPLEMENTED: NotSupported,
    grpc.StatusCode.ABORTED: Conflict,
    grpc.StatusCode.FAILED_PRECONDITION: Conflict,
    grpc.StatusCode.UNAVAILABLE: Unavailable,
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceeded,
}


def _detail_of(trailers: Optional[Iterable[Tuple[str, Any]]]) -> Optional[types_pb2.ErrorDetail]:
    for key, value in trailers or ():
        if key == _DETAIL_TRAILER:
            detail = types_pb2.ErrorDetail()
            try:
                detail.ParseFromString(value)
            except Exception:  # bytes of somebody else's
                return None
            return detail
    return None


def from_rpc_error(error: Any, address: str) -> CimError:
    """The exception for a failed gRPC call (``grpc.RpcError`` or ``grpc.aio.AioRpcError``)."""
    code: grpc.StatusCode = error.code()
    message: str = error.details() or code.name
    detail = _detail_of(error.trailing_metadata())
    if detail is None and code == grpc.StatusCode.UNAVAILABLE:
        if "Permission denied" in message:
            return AccessDenied(
                f"you may not open {address}; ask its administrator for membership in the socket's group", code=code
            )
        return Unavailable(f"no service answers at {address}: {message}. Is cimvisord running?", code=code)
    if detail is None:
        return _BY_CODE.get(code, CimError)(message, code=code)
    kind = _BY_CODE.get(code, CimError)
    if code == grpc.StatusCode.OUT_OF_RANGE:
        kind = RevisionTooOld if detail.oldest_revision else InvalidArgument
    return kind(
        detail.message or message,
        code=code,
        cim_status=detail.cim_status,
        cim_status_name=detail.cim_status_name,
        wmi_code=detail.wmi_code,
        wmi_code_name=detail.wmi_code_name,
        oldest_revision=detail.oldest_revision,
        current_revision=detail.current_revision,
    )
