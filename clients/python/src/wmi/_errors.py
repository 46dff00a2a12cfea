"""From the client's exceptions to those of this module, with the HRESULT that COM would have carried."""
from __future__ import annotations

import sys
from typing import Any, Callable, Optional, Tuple, Type, TypeVar, cast

import cimvisor
from cimvisor.errors import (
    RPC_S_SERVER_UNAVAILABLE,
    WBEM_E_ACCESS_DENIED,
    WBEM_E_FAILED,
    WBEM_E_INVALID_PARAMETER,
    WBEM_E_NOT_SUPPORTED,
    WBEM_E_TIMED_OUT,
)

Function = TypeVar("Function", bound=Callable[..., Any])


class com_error(Exception):
    """The COM error that a Windows client would see: ``hresult`` and ``excepinfo[5]`` are signed, as COM's are."""

    def __init__(
        self, hresult: int, strerror: str, excepinfo: Tuple[Any, ...], argerror: Optional[object] = None
    ) -> None:
        super().__init__(hresult, strerror, excepinfo, argerror)
        self.hresult = hresult
        self.strerror = strerror
        self.excepinfo = excepinfo
        self.argerror = argerror


def _signed(code: int) -> int:
    return code - (1 << 32) if code & 0x80000000 else code


def _exception(name: str) -> Type[Exception]:
    # Looked up at each use: a client may put classes of its own in the place of x_wmi and x_wmi_timed_out.
    return cast(Type[Exception], getattr(sys.modules[__package__], name))


def make_error(message: str, code: int) -> Exception:
    """An x_wmi, or an x_wmi_timed_out, that carries the code."""
    signed = _signed(code)
    error = com_error(signed, message, (0, None, message, None, None, signed))
    kind: Any = _exception("x_wmi_timed_out" if code == WBEM_E_TIMED_OUT else "x_wmi")
    return cast(Exception, kind(message, error))


def _code_of(error: Exception) -> int:
    if isinstance(error, cimvisor.DeadlineExceeded):
        return WBEM_E_TIMED_OUT
    if isinstance(error, cimvisor.CimError) and error.wmi_code:
        return error.wmi_code
    if isinstance(error, cimvisor.Unavailable):
        return RPC_S_SERVER_UNAVAILABLE
    if isinstance(error, cimvisor.AccessDenied):
        return WBEM_E_ACCESS_DENIED
    if isinstance(error, cimvisor.NotSupported):
        return WBEM_E_NOT_SUPPORTED
    if isinstance(error, (ValueError, OverflowError)):
        return WBEM_E_INVALID_PARAMETER
    return WBEM_E_FAILED


def translated(function: Function) -> Function:
    """Raises x_wmi for what the client refuses or fails to do."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (cimvisor.Error, ValueError, OverflowError) as error:
            raise make_error(str(error), _code_of(error)) from error

    wrapper.__name__ = function.__name__
    wrapper.__doc__ = function.__doc__
    return cast(Function, wrapper)
