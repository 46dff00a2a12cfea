"""Instances: properties by name, without regard to case."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, MutableMapping, Optional, Tuple, Type, TypeVar

from cimvisor.paths import ObjectPath
from cimvisor.v1 import types_pb2
from cimvisor.values import fill_properties, from_wire

InstanceType = TypeVar("InstanceType", bound="Instance")


class Shape:
    """The names of an instance's properties; the rows of a query share one."""

    __slots__ = ("names", "places")

    def __init__(self, names: Tuple[str, ...]) -> None:
        self.names = names
        self.places: Dict[str, int] = {name.lower(): place for place, name in enumerate(names)}


class Instance(MutableMapping[str, Any]):
    """An instance of a class, or of the properties of it that were asked for.

    ``instance["ElementName"]`` and ``instance.ElementName`` read a property, whatever its case; a name that is not there
    is a KeyError, or an AttributeError. What is set is remembered: ``Client.modify`` sends only that. Not thread-safe.

    :ivar path: its object path; empty for an instance that has no keys or is not in the service.
    :ivar revision: the revision of its last committed change, 0 when it has none.
    """

    __slots__ = ("class_name", "path", "name_space", "revision", "_shape", "_values", "_changed")

    class_name: str
    path: ObjectPath
    name_space: str
    revision: int
    _shape: Shape
    _values: List[Any]
    _changed: Dict[str, None]

    def __init__(self, class_name: str, values: Optional[Mapping[str, Any]] = None, /, **more: Any) -> None:
        """A new instance, to be created or passed as a parameter, with the properties that are given."""
        self._begin(Shape(()), [], class_name, "", "", 0)
        for name, value in {**(values or {}), **more}.items():
            self[name] = value

    def _begin(
        self, shape: Shape, values: List[Any], class_name: str, path: str, name_space: str, revision: int
    ) -> None:
        put = object.__setattr__
        put(self, "_shape", shape)
        put(self, "_values", values)
        put(self, "_changed", {})
        put(self, "class_name", class_name)
        put(self, "path", ObjectPath(path))
        put(self, "name_space", name_space)
        put(self, "revision", revision)

    @classmethod
    def of_row(
        cls: Type[InstanceType],
        shape: Shape,
        values: List[Any],
        class_name: str,
        path: str = "",
        name_space: str = "",
        revision: int = 0,
    ) -> InstanceType:
        """From values in the order of a shape. The instance takes the list."""
        instance = cls.__new__(cls)
        instance._begin(shape, values, class_name, path, name_space, revision)
        return instance

    @classmethod
    def from_wire(cls: Type[InstanceType], message: types_pb2.Instance) -> InstanceType:
        """From the plain form of the API."""
        shape = Shape(tuple(entry.name for entry in message.properties))
        values = [from_wire(entry.value) for entry in message.properties]
        return cls.of_row(shape, values, message.class_name, message.path, message.name_space, message.revision)

    def fill(self, message: types_pb2.Instance, changed_only: bool = False) -> None:
        """Writes it into a message: everything, or only what was set since it was read."""
        message.class_name = self.class_name
        message.path = self.path
        message.name_space = self.name_space
        names = [name for name in self if not changed_only or name.lower() in self._changed]
        fill_properties(message.properties, {name: self[name] for name in names})

    @property
    def changed(self) -> List[str]:
        """The names of the properties that were set since the instance was read."""
        return [name for name in self if name.lower() in self._changed]

    def __getitem__(self, name: str) -> Any:
        place = self._shape.places.get(name.lower())
        if place is None:
            raise KeyError(f"{self.class_name} as it was read here has no property {name}")
        return self._values[place]

    def __setitem__(self, name: str, value: Any) -> None:
        place = self._shape.places.get(name.lower())
        if place is None:
            object.__setattr__(self, "_shape", Shape(self._shape.names + (name,)))
            self._values.append(value)
        else:
            self._values[place] = value
        self._changed[name.lower()] = None

    def __delitem__(self, name: str) -> None:
        place = self._shape.places.get(name.lower())
        if place is None:
            raise KeyError(f"{self.class_name} as it was read here has no property {name}")
        names = self._shape.names
        object.__setattr__(self, "_shape", Shape(names[:place] + names[place + 1 :]))
        del self._values[place]
        self._changed.pop(name.lower(), None)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._shape.places

    def __iter__(self) -> Iterator[str]:
        return iter(self._shape.names)

    def __len__(self) -> int:
        return len(self._shape.names)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Instance):
            return NotImplemented
        return (
            self.class_name.lower() == other.class_name.lower()
            and self._shape.places.keys() == other._shape.places.keys()
            and all(self[name] == other[name] for name in self)
        )

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.items() if value is not None)
        return f"<{self.class_name} {shown}>"

    if not TYPE_CHECKING:  # so that a misspelt property of a typed class does not pass the checker

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(name)
            try:
                return self[name]
            except KeyError as error:
                raise AttributeError(error.args[0]) from None

        def __setattr__(self, name: str, value: Any) -> None:
            if name in Instance.__slots__:
                object.__setattr__(self, name, value)
            else:
                self[name] = value
