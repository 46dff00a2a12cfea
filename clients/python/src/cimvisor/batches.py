"""Rows out of the column batches of a query (proto/cimvisor/v1/types.proto, Layout and Batch)."""
from __future__ import annotations

from typing import Any, Callable, Dict, Generic, Iterable, Iterator, List, Sequence, Tuple, Type

from cimvisor.errors import Error
from cimvisor.instance import InstanceType, Shape
from cimvisor.paths import ObjectPath
from cimvisor.v1 import object_manager_pb2, types_pb2
from cimvisor.values import DateTime, from_wire

_TEXT_TYPES: Dict[int, Callable[[str], str]] = {
    types_pb2.CIM_TYPE_STRING: str,
    types_pb2.CIM_TYPE_DATETIME: DateTime,
    types_pb2.CIM_TYPE_REFERENCE: ObjectPath,
}
_UNSIGNED = {
    types_pb2.CIM_TYPE_UINT8,
    types_pb2.CIM_TYPE_UINT16,
    types_pb2.CIM_TYPE_UINT32,
    types_pb2.CIM_TYPE_UINT64,
    types_pb2.CIM_TYPE_CHAR16,
}
_SIGNED = {types_pb2.CIM_TYPE_SINT8, types_pb2.CIM_TYPE_SINT16, types_pb2.CIM_TYPE_SINT32, types_pb2.CIM_TYPE_SINT64}
_REAL = {types_pb2.CIM_TYPE_REAL32, types_pb2.CIM_TYPE_REAL64}


class ProtocolError(Error):
    """The service sent what it may not send: it is faulty or of another version."""


def _stored(batch: types_pb2.Batch, column: types_pb2.Column, property_: types_pb2.LayoutProperty) -> Sequence[Any]:
    """The values of a column that are not null, as Python's."""
    if property_.is_array:
        return [from_wire(value) for value in column.values]
    if property_.type in _TEXT_TYPES:
        make = _TEXT_TYPES[property_.type]
        strings = batch.strings
        try:
            return [make(strings[place]) for place in column.text]
        except IndexError:
            raise ProtocolError(f"column {property_.name} names a string beyond the table of {len(strings)}") from None
    if property_.type in _UNSIGNED:
        return list(column.unsigned)
    if property_.type == types_pb2.CIM_TYPE_BOOLEAN:
        return list(column.boolean)
    if property_.type in _SIGNED:
        return list(column.signed)
    if property_.type in _REAL:
        return list(column.real)
    return [from_wire(value) for value in column.values]


def _column(batch: types_pb2.Batch, column: types_pb2.Column, property_: types_pb2.LayoutProperty) -> Sequence[Any]:
    """A value for each row, None where it is null."""
    stored = _stored(batch, column, property_)
    bitmap = column.null_bitmap
    if not bitmap:
        values = stored
    else:
        if 8 * len(bitmap) < batch.rows:
            bitmap = bitmap + bytes((batch.rows + 7) // 8 - len(bitmap))
        following = iter(stored)
        values = [None if bitmap[row >> 3] >> (row & 7) & 1 else next(following, _MISSING) for row in range(batch.rows)]
    if len(values) < batch.rows or _MISSING in values:
        raise ProtocolError(
            f"column {property_.name} holds {len(stored)} values, fewer than its {batch.rows} rows need"
        )
    return values


class _Missing:
    """Stands where a column has too few values; equal to nothing but itself."""


_MISSING = _Missing()


class BatchDecoder(Generic[InstanceType]):
    """Keeps the layouts of one stream and makes rows of its batches."""

    def __init__(self, make: Type[InstanceType]) -> None:
        self._make = make
        self._layouts: Dict[int, Tuple[types_pb2.Layout, Shape]] = {}

    def rows(self, response: object_manager_pb2.QueryResponse) -> Iterator[InstanceType]:
        """The rows of a response, in order. ProtocolError when the batch does not fit its layout."""
        for layout in response.layouts:
            self._layouts[layout.id] = (layout, Shape(tuple(property_.name for property_ in layout.properties)))
        for batch in response.batches:
            yield from self._batch(batch)

    def _batch(self, batch: types_pb2.Batch) -> Iterable[InstanceType]:
        if batch.layout_id not in self._layouts:
            raise ProtocolError(f"a batch names layout {batch.layout_id}, which was not sent")
        layout, shape = self._layouts[batch.layout_id]
        if len(batch.columns) != len(layout.properties):
            raise ProtocolError(
                f"a batch of {layout.class_name} has {len(batch.columns)} columns for {len(layout.properties)} properties"
            )
        columns = [_column(batch, column, property_) for column, property_ in zip(batch.columns, layout.properties)]
        strings: List[str] = list(batch.strings)
        paths = [strings[place] if place < len(strings) else "" for place in batch.path]
        revisions = list(batch.revision)
        make = self._make.of_row
        for row in range(batch.rows):
            yield make(
                shape,
                [column[row] for column in columns],
                layout.class_name,
                paths[row] if row < len(paths) else "",
                layout.name_space,
                revisions[row] if row < len(revisions) else 0,
            )
