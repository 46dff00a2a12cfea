"""Where a watch goes on after its connection broke: the same for threads and for asyncio."""
from __future__ import annotations

from typing import Iterator, Optional

from cimvisor.errors import Error
from cimvisor.results import Event, event_from_wire
from cimvisor.v1 import object_manager_pb2 as api

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0


class AnotherService(Error):
    """The service that answers now has another database than the one that the watch began with."""


class Position:
    """What a watch has seen. A change may make several events, and a connection may break between them: the watch goes
    on before the last revision that it saw and leaves out the events of it that it had."""

    def __init__(self, after_revision: Optional[int]) -> None:
        self._after = after_revision
        self._seen_revision = 0
        self._seen_events = 0
        self._to_skip = 0
        self._service = ""

    @property
    def revision(self) -> Optional[int]:
        """Every event up to this revision was seen; None before the service has answered."""
        return self._seen_revision or self._after

    def resume_after(self) -> Optional[int]:
        """The revision to ask for; None: from now."""
        if self._seen_events:
            self._to_skip = self._seen_events
            return self._seen_revision - 1
        return self._after

    def take(self, response: api.SubscribeResponse) -> Iterator[Event]:
        """The events of a response that were not seen before."""
        if response.HasField("header"):
            self._check_service(response.header.server_instance_id)
            if self._after is None:
                self._after = response.header.revision
        for message in response.events:
            event = event_from_wire(message)
            if event.revision and event.revision == self._seen_revision and self._to_skip:
                self._to_skip -= 1
                continue
            self._to_skip = 0
            if event.revision and event.revision == self._seen_revision:
                self._seen_events += 1
            elif event.revision:
                self._seen_revision, self._seen_events = event.revision, 1
            yield event

    def _check_service(self, instance_id: str) -> None:
        if self._service and instance_id and instance_id != self._service:
            raise AnotherService(
                "the service that answers now has another database than the one that was watched: list again"
            )
        self._service = instance_id or self._service
