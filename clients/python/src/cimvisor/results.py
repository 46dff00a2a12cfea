"""What the calls return, besides instances."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, List, Mapping, Optional, Type, TypeVar

from cimvisor.errors import MethodError
from cimvisor.instance import Instance
from cimvisor.paths import ObjectPath
from cimvisor.v1 import object_manager_pb2 as api
from cimvisor.values import properties_from_wire

COMPLETED = 0
JOB_STARTED = 4096


@dataclass(frozen=True)
class PlanRequirements:
    """What a planned change needs.

    :ivar machine_must_be_off: the change is refused while the machine runs, also where it is off now.
    :ivar starts_job: the call would return 4096 and a job.
    :ivar memory_bytes: of the host.
    :ivar disk_bytes: of the host's disks, beside the database.
    """

    machine_must_be_off: bool
    starts_job: bool
    memory_bytes: int
    disk_bytes: int


def _requirements(response: Any) -> Optional[PlanRequirements]:
    if not response.HasField("plan_requirements"):
        return None
    needs = response.plan_requirements
    return PlanRequirements(needs.machine_must_be_off, needs.starts_job, needs.memory_bytes, needs.disk_bytes)


ResultType = TypeVar("ResultType", bound="MethodResult")


class MethodResult:
    """The outcome of a method.

    :ivar return_value: its ReturnValue; 0 done, 4096 a job was started, else why not.
    :ivar out: the output parameters by name (``result.out["Job"]``), nulls included.
    :ivar error: an Msvm_Error in words, when ``return_value`` says failed.
    :ivar replayed: this is the outcome of an earlier call with the same request id.
    :ivar plan: with ``plan=True`` the steps that would be done.
    :ivar plan_requirements: with ``plan=True`` what they need.
    :ivar revision: the revision of the change; a watch after it misses nothing that follows.
    """

    def __init__(self, method: str, response: api.InvokeMethodResponse) -> None:
        self.method = method
        self.return_value: int = response.return_value
        self.out: Mapping[str, Any] = properties_from_wire(response.out_parameters)
        self.error: Optional[Instance] = Instance.from_wire(response.error) if response.HasField("error") else None
        self.replayed: bool = response.replayed
        self.plan: List[str] = list(response.plan)
        self.plan_requirements = _requirements(response)
        self.revision: int = response.header.revision

    @property
    def ok(self) -> bool:
        """True for 0 and 4096."""
        return self.return_value in (COMPLETED, JOB_STARTED)

    @property
    def started_job(self) -> bool:
        """True when the work goes on as a job."""
        return self.return_value == JOB_STARTED

    @property
    def job(self) -> Optional[ObjectPath]:
        """The job's path; None when there is none."""
        for name, value in self.out.items():
            if name.lower() == "job" and value:
                return ObjectPath(value)
        return None

    def check(self: ResultType) -> ResultType:
        """Itself; MethodError when the method did not do its work."""
        if not self.ok:
            raise MethodError(self.method, self.return_value, self.error)
        return self

    def __getitem__(self, name: str) -> Any:
        for key, value in self.out.items():
            if key.lower() == name.lower():
                return value
        raise KeyError(f"{self.method} has no output parameter {name}")

    if not TYPE_CHECKING:  # so that a misspelt output parameter of a typed result does not pass the checker

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_") or name == "out":
                raise AttributeError(name)
            try:
                return self[name]
            except KeyError as error:
                raise AttributeError(error.args[0]) from None

    def __repr__(self) -> str:
        return f"<{self.method} returned {self.return_value}: {dict(self.out)!r}>"


class MethodCall(Generic[ResultType]):
    """A method with its parameters, to be carried out by ``Client.call``; the typed classes make them."""

    __slots__ = ("target", "method", "parameters", "result_type")

    def __init__(self, target: str, method: str, parameters: Mapping[str, Any], result_type: Type[ResultType]) -> None:
        self.target = target
        self.method = method
        self.parameters = parameters
        self.result_type = result_type

    def __repr__(self) -> str:
        return f"<call of {self.method} on {self.target}>"


def given(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters that are not None: an absent one is null."""
    return {name: value for name, value in parameters.items() if value is not None}


@dataclass(frozen=True)
class ChangeResult:
    """The outcome of create, modify and delete; with ``plan=True`` the steps that would be done and what they need."""

    path: ObjectPath
    revision: int
    replayed: bool
    plan: List[str] = field(default_factory=list)
    plan_requirements: Optional[PlanRequirements] = None


@dataclass(frozen=True)
class Explanation:
    """How a query is carried out."""

    steps: List[str]
    rows_examined: int
    rows_returned: int


@dataclass(frozen=True)
class Event:
    """An event of a watch.

    ``instance`` is the event itself (an __InstanceModificationEvent, …); ``target`` and ``previous`` are its
    TargetInstance and PreviousInstance, None where it has none. ``revision`` is 0 for a sampled (volatile) event.
    """

    revision: int
    time: str
    instance: Instance = field(repr=False)

    @property
    def target(self) -> Optional[Instance]:
        """The instance as it is after the change."""
        value = self.instance.get("TargetInstance")
        return value if isinstance(value, Instance) else None

    @property
    def previous(self) -> Optional[Instance]:
        """The instance as it was before."""
        value = self.instance.get("PreviousInstance")
        return value if isinstance(value, Instance) else None

    @property
    def kind(self) -> str:
        """The event's class."""
        return self.instance.class_name


def event_from_wire(message: api.Event) -> Event:
    """From the message."""
    return Event(message.revision, message.time, Instance.from_wire(message.event))


def change_from_wire(response: api.ChangeInstanceResponse) -> ChangeResult:
    """From the message."""
    return ChangeResult(
        ObjectPath(response.path),
        response.header.revision,
        response.replayed,
        list(response.plan),
        _requirements(response),
    )


def explanation_from_wire(message: api.Explanation) -> Explanation:
    """From the message."""
    return Explanation(list(message.steps), message.rows_examined, message.rows_returned)
