"""The messages of each call, for the client with threads and the one of asyncio alike."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Optional, Sequence, Union

from cimvisor.instance import Instance
from cimvisor.results import MethodCall
from cimvisor.v1 import object_manager_pb2 as api
from cimvisor.values import fill_properties

DEFAULT_NAMESPACE = "root/virtualization/v2"
DEFAULT_TIMEOUT = 60.0

# What a call takes as its object: a path in any spelling, or an instance that was read.
Target = Union[str, Instance]

MOF = api.REPRESENTATION_MOF
CIM_XML = api.REPRESENTATION_CIM_XML


@dataclass(frozen=True)
class Options:
    """What goes with every request of a client."""

    name_space: str = DEFAULT_NAMESPACE
    timeout: float = DEFAULT_TIMEOUT
    locale: str = ""


def path_of(target: Target) -> str:
    """The path of a target. ValueError for an instance that has none."""
    path = target.path if isinstance(target, Instance) else target
    if not path:
        raise ValueError("an instance without a path is no object of the service")
    return str(path)


def header(
    options: Options,
    request_id: str = "",
    expected_revision: int = 0,
    plan: bool = False,
    representation: Any = api.REPRESENTATION_OBJECTS,
) -> api.RequestHeader:
    """The header of a request."""
    return api.RequestHeader(
        name_space=options.name_space,
        request_id=request_id,
        expected_revision=expected_revision,
        mode=api.MODE_PLAN if plan else api.MODE_DO,
        representation=representation,
        locale=options.locale,
    )


def _property_list(properties: Optional[Iterable[str]]) -> Optional[api.PropertyList]:
    return None if properties is None else api.PropertyList(names=list(properties))


def get_instance(
    options: Options, target: Target, properties: Optional[Iterable[str]], representation: int = 0
) -> api.GetInstanceRequest:
    """Of get and get_text."""
    return api.GetInstanceRequest(
        header=header(options, representation=representation),
        path=path_of(target),
        properties=_property_list(properties),
    )


def query(options: Options, wql: str, representation: int = 0, explain: bool = False) -> api.QueryRequest:
    """Of a query in WQL."""
    return api.QueryRequest(header=header(options, representation=representation), wql=wql, explain=explain)


def enumerate_class(
    options: Options, class_name: str, properties: Optional[Iterable[str]], exact: bool
) -> api.QueryRequest:
    """Of the instances of a class."""
    return api.QueryRequest(
        header=header(options),
        enumerate=api.EnumerateQuery(class_name=class_name, exact_class=exact),
        properties=_property_list(properties),
    )


def association(
    options: Options,
    kind: str,
    target: Target,
    properties: Optional[Iterable[str]],
    filters: Mapping[str, Any],
) -> api.QueryRequest:
    """Of associators and references; ``kind`` is the name of the call."""
    parts = api.AssociationQuery(path=path_of(target), **filters)
    return api.QueryRequest(header=header(options), properties=_property_list(properties), **{kind: parts})


def invoke(
    options: Options, call: MethodCall[Any], request_id: str, expected_revision: int, plan: bool
) -> api.InvokeMethodRequest:
    """Of a method call."""
    request = api.InvokeMethodRequest(
        header=header(options, request_id=request_id, expected_revision=expected_revision, plan=plan),
        path=path_of(call.target),
        method=call.method,
    )
    fill_properties(request.parameters, call.parameters)
    return request


def create_instance(
    options: Options, instance: Union[Instance, str], request_id: str, plan: bool
) -> api.CreateInstanceRequest:
    """Of create; a string is MOF or CIM-XML."""
    request = api.CreateInstanceRequest(header=header(options, request_id=request_id, plan=plan))
    if isinstance(instance, str):
        request.text = instance
    else:
        instance.fill(request.instance)
    return request


def modify_instance(
    options: Options,
    instance: Instance,
    properties: Optional[Sequence[str]],
    request_id: str,
    expected_revision: int,
    plan: bool,
) -> api.ModifyInstanceRequest:
    """Of modify: the properties that are named, or those that were set since the instance was read."""
    path_of(instance)
    request = api.ModifyInstanceRequest(
        header=header(options, request_id=request_id, expected_revision=expected_revision, plan=plan)
    )
    instance.fill(request.instance, changed_only=properties is None)
    if properties is not None:
        del request.instance.properties[:]
        fill_properties(request.instance.properties, {name: instance[name] for name in properties})
    return request


def delete_instance(
    options: Options, target: Target, request_id: str, expected_revision: int, plan: bool
) -> api.DeleteInstanceRequest:
    """Of delete."""
    return api.DeleteInstanceRequest(
        header=header(options, request_id=request_id, expected_revision=expected_revision, plan=plan),
        path=path_of(target),
    )


def subscribe(options: Options, wql: str, after_revision: Optional[int]) -> api.SubscribeRequest:
    """Of watch; None: from now."""
    if after_revision is None:
        return api.SubscribeRequest(header=header(options), wql=wql, from_now=True)
    return api.SubscribeRequest(header=header(options), wql=wql, after_revision=after_revision)
