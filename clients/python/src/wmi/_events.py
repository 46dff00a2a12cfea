"""Watchers: called with a timeout, they return the next event's instance."""
from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any, Mapping, Optional, Sequence

import cimvisor
from cimvisor.errors import WBEM_E_FAILED, WBEM_E_INVALID_PARAMETER, WBEM_E_TIMED_OUT
from wmi._errors import make_error, translated

if TYPE_CHECKING:
    from wmi._connection import Connection

_EVENT_CLASSES = {
    "operation": "__InstanceOperationEvent",
    "creation": "__InstanceCreationEvent",
    "modification": "__InstanceModificationEvent",
    "deletion": "__InstanceDeletionEvent",
}


def event_query(
    class_name: str, notification_type: str, delay_secs: int, fields: Sequence[str], where: Mapping[str, Any]
) -> str:
    """The event query for a kind of change of a class's instances."""
    event_class = _EVENT_CLASSES.get(notification_type.lower())
    if event_class is None:
        kinds = ", ".join(sorted(_EVENT_CLASSES))
        raise make_error(f"there is no notification type {notification_type!r}: {kinds}", WBEM_E_INVALID_PARAMETER)
    conditions = [f"TargetInstance ISA '{class_name}'"]
    conditions += [f"TargetInstance.{name} = '{str(value)}'" for name, value in where.items()]
    del fields  # an event carries its instance with all properties
    return f"SELECT * FROM {event_class} WITHIN {delay_secs} WHERE {' AND '.join(conditions)}"


def with_previous(wql: str) -> str:
    """The query with PreviousInstance among its fields, where it speaks of that and asks for TargetInstance: the instance
    that a watcher returns has its ``previous``."""
    match = re.match(r"\s*SELECT\s+(.*?)\s+FROM\s", wql, re.IGNORECASE | re.DOTALL)
    if match is None or not re.search(r"\bTargetInstance\b", match.group(1), re.IGNORECASE):
        return wql
    if re.search(r"\bPreviousInstance\b", match.group(1), re.IGNORECASE) or not re.search(
        r"\bPreviousInstance\s*\.", wql[match.end() :], re.IGNORECASE
    ):
        return wql
    return wql[: match.end(1)] + ", PreviousInstance" + wql[match.end(1) :]


class EventWatcher:
    """Listens from its making on. ``watcher(timeout_ms)`` returns the next TargetInstance, with ``previous``; an event
    without one is returned itself."""

    @translated
    def __init__(self, connection: "Connection", wql: str) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._watch: Optional[cimvisor.Watch] = connection.client.watch(with_previous(wql))
        try:
            self._watch.wait_until_started()
        except BaseException:
            self.close()
            raise

    @translated
    def __call__(self, timeout_ms: int = -1) -> Any:
        """Waits for an event, at most ``timeout_ms`` milliseconds (negative or 0: no limit); x_wmi_timed_out after that."""
        from wmi._objects import WmiInstance  # classes make watchers, and watchers instances

        watch = self._watch
        if watch is None:
            raise make_error("the watcher is closed: there are no more events", WBEM_E_FAILED)
        try:
            event = watch.next(timeout_ms / 1000 if timeout_ms and timeout_ms > 0 else None)
        except TimeoutError:
            raise make_error(f"no event within {timeout_ms} ms", WBEM_E_TIMED_OUT) from None
        except StopIteration:
            raise make_error("the watcher was closed: there are no more events", WBEM_E_FAILED) from None
        if event.target is None:
            return WmiInstance(self._connection, event.instance)
        instance = WmiInstance(self._connection, event.target)
        put = object.__setattr__
        put(instance, "event_type", event.kind.strip("_"))
        put(instance, "timestamp", cimvisor.DateTime(event.time).to_python() if event.time else None)
        if event.previous is not None:
            put(instance, "previous", WmiInstance(self._connection, event.previous))
        return instance

    def close(self) -> None:
        """Ends the subscription."""
        with self._lock:
            watch, self._watch = self._watch, None
        if watch is not None:
            watch.close()

    def __del__(self) -> None:
        if getattr(self, "_lock", None) is not None:
            self.close()
