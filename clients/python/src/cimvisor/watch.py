"""A watch in a thread of its own: events come as they happen, and go on behind a broken connection."""
from __future__ import annotations

import collections
import threading
import time
from typing import Any, Callable, Deque, Iterator, Optional

import grpc

from cimvisor.errors import CimError, Unavailable, from_rpc_error
from cimvisor.resume import FIRST_PAUSE, LONGEST_PAUSE, Position
from cimvisor.results import Event
from cimvisor.v1 import object_manager_pb2 as api

# Events that wait for a slow reader here; what comes after them waits in the service, which cuts a watcher that is too slow.
_MOST_WAITING = 1024


class Watch:
    """Iterates over the events of a query, without an end. Close it, or use it in a ``with`` block. Thread-safe.

    A broken connection is opened again and the watch goes on where it was: no gap and no repeat. ``RevisionTooOld`` says
    that the journal no longer reaches back that far. ``reconnect_timeout`` limits (in seconds) how long it tries;
    None: for ever, 0: not at all.
    """

    def __init__(
        self,
        open_stream: Callable[[Optional[int]], Any],
        after_revision: Optional[int],
        reconnect_timeout: Optional[float],
        address: str,
    ) -> None:
        self._open_stream = open_stream
        self._reconnect_timeout = reconnect_timeout
        self._address = address
        self._position = Position(after_revision)
        self._changed = threading.Condition()
        self._events: Deque[Event] = collections.deque()
        self._call: Any = None
        self._started = False
        self._closed = False
        self._error: Optional[BaseException] = None
        self._thread = threading.Thread(target=self._run, name="cimvisor-watch", daemon=True)
        self._thread.start()

    @property
    def revision(self) -> Optional[int]:
        """Everything up to this revision was received; a later watch can begin after it."""
        return self._position.revision

    def wait_until_started(self, timeout: float = 60.0) -> int:
        """Waits until the service has accepted the watch; the revision from which on nothing is missed.

        TimeoutError when it takes longer than ``timeout`` seconds; CimError when the service refuses.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._started or self._error or self._closed, timeout):
                raise TimeoutError(f"the service did not accept the watch within {timeout} s")
            if self._error is not None and not self._started:
                raise self._error
            return self._position.revision or 0

    def next(self, timeout: Optional[float] = None) -> Event:
        """The next event. TimeoutError when none comes within ``timeout`` seconds (None: no limit); the error that ended
        the watch; StopIteration when it was closed."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._events or self._error or self._closed, timeout):
                raise TimeoutError(f"no event within {timeout} s")
            if self._closed:
                raise StopIteration
            if self._events:
                event = self._events.popleft()
                self._changed.notify_all()
                return event
            assert self._error is not None
            raise self._error

    def close(self) -> None:
        """Ends the watch and waits for its thread."""
        with self._changed:
            self._closed = True
            call = self._call
            self._changed.notify_all()
        if call is not None:
            call.cancel()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        return self.next()

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def _run(self) -> None:
        try:
            self._follow()
        except BaseException as error:  # whatever it is, the reader must hear of it
            with self._changed:
                if not self._closed:
                    self._error = error
                self._changed.notify_all()

    def _follow(self) -> None:
        broken_since: Optional[float] = None
        pause = FIRST_PAUSE
        while True:
            with self._changed:
                if self._closed:
                    return
                call = self._call = self._open_stream(self._position.resume_after())
            try:
                for response in call:
                    broken_since, pause = None, FIRST_PAUSE
                    if not self._deliver(response):
                        call.cancel()
                        return
                error: CimError = Unavailable(f"the service at {self._address} ended the watch")
            except grpc.RpcError as failure:
                error = from_rpc_error(failure, self._address)
            if not isinstance(error, Unavailable):
                raise error
            broken_since = broken_since or time.monotonic()
            limit = self._reconnect_timeout
            with self._changed:
                if limit is not None and time.monotonic() - broken_since >= limit:
                    raise error
                if self._changed.wait_for(lambda: self._closed, pause):
                    return
            pause = min(2 * pause, LONGEST_PAUSE)

    def _deliver(self, response: api.SubscribeResponse) -> bool:
        with self._changed:
            events = list(self._position.take(response))
            self._started = True
            self._changed.notify_all()
            for event in events:
                self._changed.wait_for(lambda: self._closed or len(self._events) < _MOST_WAITING)
                if self._closed:
                    return False
                self._events.append(event)
                self._changed.notify_all()
            return not self._closed
