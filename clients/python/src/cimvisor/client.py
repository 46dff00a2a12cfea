"""The client with threads. ``cimvisor.aio`` has the same calls for asyncio."""
from __future__ import annotations

import itertools
import os
import time
from typing import Any, Callable, Iterable, Iterator, List, Mapping, Optional, Sequence, Type, TypeVar, Union, overload

import grpc

from cimvisor import jobs, requests, results
from cimvisor.batches import BatchDecoder
from cimvisor.connection import ConnectionOptions, channel_arguments, target_and_credentials
from cimvisor.errors import JobTimeout, from_rpc_error
from cimvisor.instance import Instance, InstanceType
from cimvisor.paths import ObjectPath
from cimvisor.requests import Target
from cimvisor.results import ChangeResult, Explanation, MethodCall, MethodResult, ResultType
from cimvisor.v1 import object_manager_pb2 as api
from cimvisor.v1 import object_manager_pb2_grpc, types_pb2
from cimvisor.watch import Watch

_UPLOAD_CHUNK = 1 << 20
Item = TypeVar("Item")


class QueryResult(Iterator[Item]):
    """The rows of a query, read from the service as they are asked for: it holds a few pages, never the whole result.

    ``revision`` is the point in time that all rows are of (known from the first row on): a watch after it has no hole.
    """

    def __init__(self, call: Any, rows_of: Callable[[api.QueryResponse], Iterator[Item]], address: str) -> None:
        self._call = call
        self._rows_of = rows_of
        self._address = address
        self._rows: Iterator[Item] = iter(())
        self.revision = 0
        self.server_name = ""

    def __next__(self) -> Item:
        while True:
            for row in self._rows:
                return row
            try:
                response = next(self._call)
            except grpc.RpcError as error:
                raise from_rpc_error(error, self._address) from None
            if response.HasField("header"):
                self.revision = response.header.revision
                self.server_name = response.header.server_name
            self._rows = self._rows_of(response)

    def all(self) -> List[Item]:
        """The rows that are left."""
        return list(self)

    def close(self) -> None:
        """Ends the query early; the service forgets the rest."""
        self._call.cancel()

    def __enter__(self) -> "QueryResult[Item]":
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()


class Client:
    """A connection to a service. Thread-safe. Close it, or use it in a ``with`` block.

    Every call takes ``timeout`` in seconds (None: the client's). Failures are exceptions of ``cimvisor.errors``.
    """

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
            grpc.secure_channel(target, credentials, arguments)
            if credentials
            else grpc.insecure_channel(target, arguments)
        )
        self._stub: Any = object_manager_pb2_grpc.ObjectManagerStub(self._channel)  # type: ignore[no-untyped-call]

    def in_namespace(self, name_space: str) -> "Client":
        """A client of another namespace on the same connection; closing either closes both."""
        other = Client.__new__(Client)
        other.__dict__.update(self.__dict__)
        other.options = requests.Options(name_space, self.options.timeout, self.options.locale)
        return other

    def close(self) -> None:
        """Closes the connection and ends the calls on it."""
        self._channel.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    # Reading.

    def get(
        self, path: Target, properties: Optional[Iterable[str]] = None, *, timeout: Optional[float] = None
    ) -> Instance:
        """One instance, with the properties that are named (None: all). NotFound when there is none."""
        response = self._unary(self._stub.GetInstance, requests.get_instance(self.options, path, properties), timeout)
        return Instance.from_wire(response.instance)

    def get_text(self, path: Target, representation: int = requests.MOF, *, timeout: Optional[float] = None) -> str:
        """One instance as text, written by the service: ``cimvisor.MOF`` or ``cimvisor.CIM_XML``."""
        request = requests.get_instance(self.options, path, None, representation)
        text: str = self._unary(self._stub.GetInstance, request, timeout).text
        return text

    @overload
    def query(self, wql: str, *, timeout: Optional[float] = None) -> QueryResult[Instance]:
        ...

    @overload
    def query(
        self, wql: str, as_class: Type[InstanceType], *, timeout: Optional[float] = None
    ) -> QueryResult[InstanceType]:
        ...

    def query(self, wql: str, as_class: Any = Instance, *, timeout: Optional[float] = None) -> Any:
        """Asks a WQL query (SELECT, ASSOCIATORS OF, REFERENCES OF). ``as_class``: the typed class of the rows."""
        return self._rows(requests.query(self.options, wql), as_class, timeout)

    def query_text(
        self, wql: str, representation: int = requests.MOF, *, timeout: Optional[float] = None
    ) -> QueryResult[str]:
        """The rows of a query as text."""
        call = self._stub.Query(requests.query(self.options, wql, representation), timeout=self._timeout(timeout))
        return QueryResult(call, lambda response: iter(response.texts), self.address)

    def explain(self, wql: str, *, timeout: Optional[float] = None) -> Explanation:
        """How the service would carry out a query, and how many rows it looks at."""
        call = self._stub.Query(requests.query(self.options, wql, explain=True), timeout=self._timeout(timeout))
        answers = QueryResult(call, lambda response: iter([response.explanation]), self.address)
        explained = [answer for answer in answers if answer.steps or answer.rows_examined]
        return results.explanation_from_wire(explained[-1] if explained else api.Explanation())

    @overload
    def instances(
        self,
        of_class: str,
        properties: Optional[Iterable[str]] = None,
        *,
        exact: bool = False,
        timeout: Optional[float] = None,
    ) -> QueryResult[Instance]:
        ...

    @overload
    def instances(
        self,
        of_class: Type[InstanceType],
        properties: Optional[Iterable[str]] = None,
        *,
        exact: bool = False,
        timeout: Optional[float] = None,
    ) -> QueryResult[InstanceType]:
        ...

    def instances(
        self,
        of_class: Any,
        properties: Optional[Iterable[str]] = None,
        *,
        exact: bool = False,
        timeout: Optional[float] = None,
    ) -> Any:
        """The instances of a class, by name or typed, and of its subclasses unless ``exact``."""
        name, make = (of_class, Instance) if isinstance(of_class, str) else (of_class.__name__, of_class)
        return self._rows(requests.enumerate_class(self.options, name, properties, exact), make, timeout)

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
    ) -> QueryResult[Instance]:
        """What is associated with an object; the filters match derived classes too."""
        filters = dict(assoc_class=assoc_class, result_class=result_class, role=role, result_role=result_role)
        request = requests.association(self.options, "associators", path, properties, filters)
        return self._rows(request, Instance, timeout)

    def references(
        self,
        path: Target,
        *,
        result_class: str = "",
        role: str = "",
        properties: Optional[Iterable[str]] = None,
        timeout: Optional[float] = None,
    ) -> QueryResult[Instance]:
        """The associations that an object takes part in."""
        filters = dict(result_class=result_class, role=role)
        request = requests.association(self.options, "references", path, properties, filters)
        return self._rows(request, Instance, timeout)

    def get_class(self, name: str, *, timeout: Optional[float] = None) -> types_pb2.ClassDeclaration:
        """A class with everything that it inherits."""
        request = api.GetClassRequest(header=requests.header(self.options), class_name=name)
        declaration: types_pb2.ClassDeclaration = getattr(self._unary(self._stub.GetClass, request, timeout), "class")
        return declaration

    def get_class_text(self, name: str, *, timeout: Optional[float] = None) -> str:
        """A class as MOF."""
        header = requests.header(self.options, representation=requests.MOF)
        request = api.GetClassRequest(header=header, class_name=name)
        text: str = getattr(self._unary(self._stub.GetClass, request, timeout), "class").mof
        return text

    def probe(self, *, timeout: Optional[float] = None) -> str:
        """Asks whether the namespace is there (NotFound when it is not); the service's name."""
        request = api.GetClassRequest(header=requests.header(self.options), class_name="__Provider")
        name: str = self._unary(self._stub.GetClass, request, timeout).header.server_name
        return name

    def classes(
        self, superclass: str = "", *, direct_only: bool = False, timeout: Optional[float] = None
    ) -> Iterator[types_pb2.ClassDeclaration]:
        """The classes of the namespace, or the subclasses of one."""
        request = api.EnumerateClassesRequest(
            header=requests.header(self.options), superclass=superclass, direct_only=direct_only
        )
        try:
            for response in self._stub.EnumerateClasses(request, timeout=self._timeout(timeout)):
                yield from response.classes
        except grpc.RpcError as error:
            raise from_rpc_error(error, self.address) from None

    # Changing. A request id makes a call safe to repeat: the same id again returns the first outcome, for 24 hours.

    def invoke(
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
        """Calls a method of an instance, or a static one of a class (``target`` is then the class's name).

        Parameters by name, as a mapping or as keywords. The method's own failure is in the result: see
        ``MethodResult.check``. ``plan``: validate and say what would be done; nothing changes.
        """
        call = MethodCall(requests.path_of(target), method, {**(parameters or {}), **more}, MethodResult)
        return self.call(call, request_id=request_id, expected_revision=expected_revision, plan=plan, timeout=timeout)

    def call(
        self,
        call: MethodCall[ResultType],
        *,
        request_id: str = "",
        expected_revision: int = 0,
        plan: bool = False,
        timeout: Optional[float] = None,
    ) -> ResultType:
        """Carries out a call that a typed class made; else as ``invoke``."""
        request = requests.invoke(self.options, call, request_id, expected_revision, plan)
        return call.result_type(call.method, self._unary(self._stub.InvokeMethod, request, timeout))

    def create(
        self,
        instance: Union[Instance, str],
        *,
        request_id: str = "",
        plan: bool = False,
        timeout: Optional[float] = None,
    ) -> ChangeResult:
        """Creates an instance, given as one or as MOF or CIM-XML text."""
        request = requests.create_instance(self.options, instance, request_id, plan)
        return results.change_from_wire(self._unary(self._stub.CreateInstance, request, timeout))

    def modify(
        self,
        instance: Instance,
        properties: Optional[Sequence[str]] = None,
        *,
        request_id: str = "",
        expected_revision: int = 0,
        plan: bool = False,
        timeout: Optional[float] = None,
    ) -> ChangeResult:
        """Writes back the properties that are named, or those that were set since the instance was read.

        ``expected_revision``: fails with ``Conflict`` when the instance has changed since that revision.
        """
        request = requests.modify_instance(self.options, instance, properties, request_id, expected_revision, plan)
        return results.change_from_wire(self._unary(self._stub.ModifyInstance, request, timeout))

    def delete(
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
        return results.change_from_wire(self._unary(self._stub.DeleteInstance, request, timeout))

    # Events and jobs.

    def watch(
        self, wql: str, after_revision: Optional[int] = None, *, reconnect_timeout: Optional[float] = None
    ) -> Watch:
        """Listens to an event query, from now or to every event after a revision; goes on behind a broken connection."""
        return Watch(
            lambda after: self._stub.Subscribe(requests.subscribe(self.options, wql, after)),
            after_revision,
            reconnect_timeout,
            self.address,
        )

    def watch_job(self, job: Target, *, timeout: Optional[float] = None) -> Iterator[Instance]:
        """The states of a job as they change, the present one first and the ended one last; through events, not polling.

        ``timeout`` limits the whole in seconds (None: no limit); JobTimeout when it is over, and the job goes on.
        """
        path = requests.path_of(job)
        end = None if timeout is None else time.monotonic() + timeout
        with self.watch(jobs.watch_query(path)) as watch:
            watch.wait_until_started()
            # What ends before the watch began is found by reading; what ends later, by its event.
            state = self.get(path)
            yield state
            while not jobs.has_ended(state):
                try:
                    event = watch.next(None if end is None else max(0.0, end - time.monotonic()))
                except TimeoutError:
                    raise JobTimeout(f"the job {path} still runs after {timeout} s; it goes on") from None
                if event.target is not None and event.revision > state.revision:
                    state = event.target
                    yield state

    def wait_for_job(
        self,
        job: Union[Target, MethodResult],
        *,
        timeout: Optional[float] = None,
        on_progress: Optional[Callable[[Instance], None]] = None,
    ) -> Optional[Instance]:
        """Waits until a job has completed and returns its last state; JobError when it ended otherwise.

        Takes the result of a method as well: MethodError when that failed, and None when it needed no job.
        """
        if isinstance(job, MethodResult):
            path = job.check().job
            if path is None:
                return None
            job = path
        state: Optional[Instance] = None
        for state in self.watch_job(job, timeout=timeout):
            if on_progress is not None:
                on_progress(state)
        return None if state is None else jobs.check(state)

    # The service.

    def upload(
        self, local_path: str, root: str, name: str = "", *, replace: bool = False, timeout: Optional[float] = None
    ) -> str:
        """Stores a local file below a root of the service ("boot", "images"); the server's path."""
        with open(local_path, "rb") as file:
            first = api.UploadRequest(
                header=requests.header(self.options),
                root=root,
                name=name or os.path.basename(local_path),
                replace=replace,
                size=os.fstat(file.fileno()).st_size,
            )
            chunks = iter(lambda: file.read(_UPLOAD_CHUNK), b"")
            messages = itertools.chain([first], (api.UploadRequest(data=chunk) for chunk in chunks))
            limit = 10 * self.options.timeout if timeout is None else timeout
            stored: str = self._unary(self._stub.Upload, messages, limit).path
            return stored

    def service_information(
        self, *, check_host_again: bool = False, timeout: Optional[float] = None
    ) -> api.GetServiceInformationResponse:
        """What the service is, who it takes the caller for, and what the host can do."""
        request = api.GetServiceInformationRequest(
            header=requests.header(self.options), check_host_again=check_host_again
        )
        response: api.GetServiceInformationResponse = self._unary(self._stub.GetServiceInformation, request, timeout)
        return response

    def backup(self, file_name: str, *, timeout: Optional[float] = None) -> api.BackupResponse:
        """A verified copy of the service's database below its root ``exports``."""
        request = api.BackupRequest(header=requests.header(self.options), file_name=file_name)
        limit = 10 * self.options.timeout if timeout is None else timeout
        response: api.BackupResponse = self._unary(self._stub.Backup, request, limit)
        return response

    def _timeout(self, timeout: Optional[float]) -> float:
        return self.options.timeout if timeout is None else timeout

    def _unary(self, call: Any, request: Any, timeout: Optional[float]) -> Any:
        try:
            return call(request, timeout=self._timeout(timeout))
        except grpc.RpcError as error:
            raise from_rpc_error(error, self.address) from None

    def _rows(
        self, request: api.QueryRequest, make: Type[InstanceType], timeout: Optional[float]
    ) -> QueryResult[InstanceType]:
        decoder = BatchDecoder(make)
        call = self._stub.Query(request, timeout=self._timeout(timeout))
        return QueryResult(call, decoder.rows, self.address)


def connect(
    server: Optional[str] = None,
    *,
    name_space: str = requests.DEFAULT_NAMESPACE,
    timeout: float = requests.DEFAULT_TIMEOUT,
    locale: str = "",
    tls_ca: Optional[str] = None,
    tls_cert: Optional[str] = None,
    tls_key: Optional[str] = None,
) -> Client:
    """A client of the service at ``server`` ("unix:PATH" or "HOST:PORT" with mutual TLS; None: $CIMVISOR_SERVER).

    ``timeout`` (seconds) is that of each call that has none of its own. See ConnectionOptions for TLS.
    """
    return Client(ConnectionOptions(server, tls_ca, tls_cert, tls_key), requests.Options(name_space, timeout, locale))


__all__ = ["Client", "ObjectPath", "QueryResult", "connect"]
