"""The client for asyncio: the calls of ``cimvisor.client`` with ``await`` and ``async for``.

    async with cimvisor.aio.connect() as client:
        async for machine in client.query("SELECT * FROM Msvm_ComputerSystem"):
            print(machine["ElementName"])
"""
from __future__ import annotations

import asyncio
import time
from typing import Any, AsyncIterator, Callable, Iterable, Iterator, List, Mapping, Optional, Sequence, Type, Union

import grpc
import grpc.aio

from cimvisor import jobs, requests, results
from cimvisor.batches import BatchDecoder
from cimvisor.connection import ConnectionOptions, channel_arguments, target_and_credentials
from cimvisor.errors import JobTimeout, Unavailable, from_rpc_error
from cimvisor.instance import Instance
from cimvisor.requests import Target
from cimvisor.results import ChangeResult, Event, MethodCall, MethodResult, ResultType
from cimvisor.resume import FIRST_PAUSE, LONGEST_PAUSE, Position
from cimvisor.v1 import object_manager_pb2 as api
from cimvisor.v1 import object_manager_pb2_grpc, types_pb2


class AsyncQueryResult(AsyncIterator[Instance]):
    """The rows of a query, read as they are asked for. ``revision`` is known from the first row on."""

    def __init__(self, call: Any, rows_of: Callable[[api.QueryResponse], Iterator[Instance]], address: str) -> None:
        self._responses = call.__aiter__()
        self._call = call
        self._rows_of = rows_of
        self._address = address
        self._rows: Iterator[Instance] = iter(())
        self.revision = 0
        self.server_name = ""

    async def __anext__(self) -> Instance:
        while True:
            for row in self._rows:
                return row
            try:
                response = await self._responses.__anext__()
            except grpc.RpcError as error:
                raise from_rpc_error(error, self._address) from None
            if response.HasField("header"):
                self.revision = response.header.revision
                self.server_name = response.header.server_name
            self._rows = self._rows_of(response)

    async def all(self) -> List[Instance]:
        """The rows that are left."""
        return [row async for row in self]

    def close(self) -> None:
        """Ends the query early."""
        self._call.cancel()


class AsyncWatch(AsyncIterator[Event]):
    """The events of a query, without an end; goes on behind a broken connection as ``cimvisor.Watch`` does."""

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
        self._call: Any = None
        self._responses: Any = None
        self._waiting: List[Event] = []
        self._broken_since: Optional[float] = None
        self._pause = FIRST_PAUSE

    @property
    def revision(self) -> Optional[int]:
        """Everything up to this revision was received."""
        return self._position.revision

    async def start(self) -> int:
        """Waits until the service has accepted the watch; the revision from which on nothing is missed."""
        while self._position.revision is None or self._call is None:
            await self._read()
        return self._position.revision or 0

    async def __anext__(self) -> Event:
        while not self._waiting:
            await self._read()
        return self._waiting.pop(0)

    def close(self) -> None:
        """Ends the watch."""
        if self._call is not None:
            self._call.cancel()

    async def __aenter__(self) -> "AsyncWatch":
        await self.start()
        return self

    async def __aexit__(self, *unused: object) -> None:
        self.close()

    async def _read(self) -> None:
        """Takes one response, or opens the stream again after a pause."""
        if self._call is None:
            self._call = self._open_stream(self._position.resume_after())
            self._responses = self._call.__aiter__()
        try:
            response = await self._responses.__anext__()
        except StopAsyncIteration:
            await self._rest(Unavailable(f"the service at {self._address} ended the watch"))
            return
        except grpc.RpcError as failure:
            error = from_rpc_error(failure, self._address)
            if not isinstance(error, Unavailable):
                raise error from None
            await self._rest(error)
            return
        self._broken_since, self._pause = None, FIRST_PAUSE
        self._waiting.extend(self._position.take(response))

    async def _rest(self, error: Unavailable) -> None:
        self._call = None
        self._broken_since = self._broken_since or time.monotonic()
        limit = self._reconnect_timeout
        if limit is not None and time.monotonic() - self._broken_since >= limit:
            raise error
        await asyncio.sleep(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)


class AsyncClient:
    """A connection to a service, of one event loop. The calls are those of ``cimvisor.Client``."""

    def __init__(
        self, connection: Optional[ConnectionOptions] = None, options: Optional[requests.Options] = None
    ) -> None:
        """Opens the channel; the first call connects. ValueError and OSError as target_and_credentials."""
        connection = connection or ConnectionOptions()
        self.address = connection.address()
        self.options = options or requests.Options()
        target, credentials = target_and_credentials(connection)
        arguments = channel_arguments()
        self._channel = (
            grpc.aio.secure_channel(target, credentials, arguments)
            if credentials
            else grpc.aio.insecure_channel(target, arguments)
        )
        self._stub: Any = object_manager_pb2_grpc.ObjectManagerStub(self._channel)  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        """Closes the connection."""
        await self._channel.close()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *unused: object) -> None:
        await self.close()

    async def get(
        self, path: Target, properties: Optional[Iterable[str]] = None, *, timeout: Optional[float] = None
    ) -> Instance:
        """One instance."""
        request = requests.get_instance(self.options, path, properties)
        return Instance.from_wire((await self._unary(self._stub.GetInstance, request, timeout)).instance)

    async def get_text(
        self, path: Target, representation: int = requests.MOF, *, timeout: Optional[float] = None
    ) -> str:
        """One instance as text."""
        request = requests.get_instance(self.options, path, None, representation)
        text: str = (await self._unary(self._stub.GetInstance, request, timeout)).text
        return text

    def query(self, wql: str, *, timeout: Optional[float] = None) -> AsyncQueryResult:
        """Asks a WQL query."""
        return self._rows(requests.query(self.options, wql), timeout)

    def instances(
        self,
        class_name: str,
        properties: Optional[Iterable[str]] = None,
        *,
        exact: bool = False,
        timeout: Optional[float] = None,
    ) -> AsyncQueryResult:
        """The instances of a class."""
        return self._rows(requests.enumerate_class(self.options, class_name, properties, exact), timeout)

    def associators(
        self,
        path: Target,
        *,
        assoc_class: str = "",
        result_class: str = "",
        role: str = "",
        result_role: str = "",
        properties: Optional[Iterable[str]] = None,
        timeout: Optional[float] = None,
    ) -> AsyncQueryResult:
        """What is associated with an object."""
        filters = dict(assoc_class=assoc_class, result_class=result_class, role=role, result_role=result_role)
        return self._rows(requests.association(self.options, "associators", path, properties, filters), timeout)

    def references(
        self,
        path: Target,
        *,
        result_class: str = "",
        role: str = "",
        properties: Optional[Iterable[str]] = None,
        timeout: Optional[float] = None,
    ) -> AsyncQueryResult:
        """The associations that an object takes part in."""
        filters = dict(result_class=result_class, role=role)
        return self._rows(requests.association(self.options, "references", path, properties, filters), timeout)

    async def get_class(self, name: str, *, timeout: Optional[float] = None) -> types_pb2.ClassDeclaration:
        """A class with everything that it inherits."""
        request = api.GetClassRequest(header=requests.header(self.options), class_name=name)
        response = await self._unary(self._stub.GetClass, request, timeout)
        declaration: types_pb2.ClassDeclaration = getattr(response, "class")
        return declaration

    async def invoke(
        self,
        target: Target,
        method: str,
        parameters: Optional[Mapping[str, Any]] = None,
        *,
        request_id: str = "",
        expected_revision: int = 0,
        plan: bool = False,
        timeout: Optional[float] = None,
        **more: Any,
    ) -> MethodResult:
        """Calls a method."""
        call = MethodCall(requests.path_of(target), method, {**(parameters or {}), **more}, MethodResult)
        return await self.call(
            call, request_id=request_id, expected_revision=expected_revision, plan=plan, timeout=timeout
        )

    async def call(
        self,
        call: MethodCall[ResultType],
        *,
        request_id: str = "",
        expected_revision: int = 0,
        plan: bool = False,
        timeout: Optional[float] = None,
    ) -> ResultType:
        """Carries out a call that was made before."""
        request = requests.invoke(self.options, call, request_id, expected_revision, plan)
        return call.result_type(call.method, await self._unary(self._stub.InvokeMethod, request, timeout))

    async def create(
        self,
        instance: Union[Instance, str],
        *,
        request_id: str = "",
        plan: bool = False,
        timeout: Optional[float] = None,
    ) -> ChangeResult:
        """Creates an instance."""
        request = requests.create_instance(self.options, instance, request_id, plan)
        return results.change_from_wire(await self._unary(self._stub.CreateInstance, request, timeout))

    async def modify(
        self,
        instance: Instance,
        properties: Optional[Sequence[str]] = None,
        *,
        request_id: str = "",
        expected_revision: int = 0,
        plan: bool = False,
        timeout: Optional[float] = None,
    ) -> ChangeResult:
        """Writes back what was set."""
        request = requests.modify_instance(self.options, instance, properties, request_id, expected_revision, plan)
        return results.change_from_wire(await self._unary(self._stub.ModifyInstance, request, timeout))

    async def delete(
        self,
        target: Target,
        *,
        request_id: str = "",
        expected_revision: int = 0,
        plan: bool = False,
        timeout: Optional[float] = None,
    ) -> ChangeResult:
        """Deletes an instance."""
        request = requests.delete_instance(self.options, target, request_id, expected_revision, plan)
        return results.change_from_wire(await self._unary(self._stub.DeleteInstance, request, timeout))

    def watch(
        self, wql: str, after_revision: Optional[int] = None, *, reconnect_timeout: Optional[float] = None
    ) -> AsyncWatch:
        """Listens to an event query; it begins with the first ``await``, or at the entry of ``async with``."""
        return AsyncWatch(
            lambda after: self._stub.Subscribe(requests.subscribe(self.options, wql, after)),
            after_revision,
            reconnect_timeout,
            self.address,
        )

    async def watch_job(self, job: Target) -> AsyncIterator[Instance]:
        """The states of a job as they change, the present one first and the ended one last; through events."""
        path = requests.path_of(job)
        async with self.watch(jobs.watch_query(path)) as watch:
            state = await self.get(path)
            yield state
            while not jobs.has_ended(state):
                event = await watch.__anext__()
                if event.target is not None and event.revision > state.revision:
                    state = event.target
                    yield state

    async def wait_for_job(
        self, job: Union[Target, MethodResult], *, timeout: Optional[float] = None
    ) -> Optional[Instance]:
        """Waits until a job has completed; as ``Client.wait_for_job``."""
        if isinstance(job, MethodResult):
            path = job.check().job
            if path is None:
                return None
            job = path
        try:
            return jobs.check(await asyncio.wait_for(self._last_state(job), timeout))
        except asyncio.TimeoutError:
            raise JobTimeout(f"the job {requests.path_of(job)} still runs after {timeout} s; it goes on") from None

    async def _last_state(self, job: Target) -> Instance:
        last: Optional[Instance] = None
        async for state in self.watch_job(job):
            last = state
        assert last is not None  # the present state always comes
        return last

    async def _unary(self, call: Any, request: Any, timeout: Optional[float]) -> Any:
        try:
            return await call(request, timeout=self._timeout(timeout))
        except grpc.RpcError as error:
            raise from_rpc_error(error, self.address) from None

    def _rows(self, request: api.QueryRequest, timeout: Optional[float]) -> AsyncQueryResult:
        make: Type[Instance] = Instance
        call = self._stub.Query(request, timeout=self._timeout(timeout))
        return AsyncQueryResult(call, BatchDecoder(make).rows, self.address)

    def _timeout(self, timeout: Optional[float]) -> float:
        return self.options.timeout if timeout is None else timeout


def connect(
    server: Optional[str] = None,
    *,
    name_space: str = requests.DEFAULT_NAMESPACE,
    timeout: float = requests.DEFAULT_TIMEOUT,
    locale: str = "",
    tls_ca: Optional[str] = None,
    tls_cert: Optional[str] = None,
    tls_key: Optional[str] = None,
) -> AsyncClient:
    """A client for asyncio; parameters as of ``cimvisor.connect``. Call it in the event loop that uses it."""
    connection = ConnectionOptions(server, tls_ca, tls_cert, tls_key)
    return AsyncClient(connection, requests.Options(name_space, timeout, locale))
