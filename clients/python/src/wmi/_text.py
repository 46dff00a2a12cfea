"""Instances as text: DSP0201's CIM-XML (format 1) and WMI's DTD 2.0 with system properties and qualifiers (format 2).

They are written here because a client passes objects that only it has: new ones, and changed ones.
"""
from __future__ import annotations

from typing import Any, Iterable
from xml.etree import ElementTree

import cimvisor
from cimvisor.v1 import types_pb2
from cimvisor.values import from_wire

WMI_TEXT_CIM_DTD_2_0 = 1
WMI_TEXT_WMI_DTD_2_0 = 2


def _type_name(type_: int) -> str:
    name: str = types_pb2.CimType.Name(type_)
    return name[len("CIM_TYPE_") :].lower()


def _text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value)


def _add_value(parent: ElementTree.Element, value: Any, is_reference: bool) -> None:
    if value is None:
        ElementTree.SubElement(parent, "VALUE.NULL")
    elif is_reference:
        _add_reference(parent, cimvisor.ObjectPath(value))
    elif isinstance(value, cimvisor.Instance):
        embedded = ElementTree.Element("INSTANCE", CLASSNAME=value.class_name)
        for name, item in value.items():
            _add_untyped(embedded, name, item)
        ElementTree.SubElement(parent, "VALUE").text = ElementTree.tostring(embedded, encoding="unicode")
    else:
        ElementTree.SubElement(parent, "VALUE").text = _text_of(value)


def _add_untyped(parent: ElementTree.Element, name: str, value: Any) -> None:
    """A property of an embedded instance, whose class is not at hand: the reader knows the types."""
    is_array = isinstance(value, (list, tuple))
    is_reference = isinstance(value, cimvisor.ObjectPath)
    kind = "PROPERTY.ARRAY" if is_array else "PROPERTY.REFERENCE" if is_reference else "PROPERTY"
    node = ElementTree.SubElement(parent, kind, NAME=name)
    if not is_reference:
        node.set("TYPE", "boolean" if isinstance(value, bool) else "string")
    _fill(node, value, is_array, is_reference)


def _fill(node: ElementTree.Element, value: Any, is_array: bool, is_reference: bool) -> None:
    if value is None:
        return
    if not is_array:
        _add_value(node, value, is_reference)
        return
    array = ElementTree.SubElement(node, "VALUE.REFARRAY" if is_reference else "VALUE.ARRAY")
    for item in value:
        _add_value(array, item, is_reference)


def _add_reference(parent: ElementTree.Element, path: cimvisor.ObjectPath) -> None:
    node = ElementTree.SubElement(parent, "VALUE.REFERENCE")
    if path.name_space:
        node = ElementTree.SubElement(node, "INSTANCEPATH")
        place = ElementTree.SubElement(node, "NAMESPACEPATH")
        ElementTree.SubElement(place, "HOST").text = path.host or "."
        local = ElementTree.SubElement(place, "LOCALNAMESPACEPATH")
        for part in path.name_space.split("/"):
            ElementTree.SubElement(local, "NAMESPACE", NAME=part)
    name = ElementTree.SubElement(node, "INSTANCENAME", CLASSNAME=path.class_name)
    for key, value in path.keys_by_name.items():
        kind = "boolean" if isinstance(value, bool) else "numeric" if isinstance(value, int) else "string"
        binding = ElementTree.SubElement(name, "KEYBINDING", NAME=key)
        ElementTree.SubElement(binding, "KEYVALUE", VALUETYPE=kind).text = _text_of(value)


def _add_qualifiers(parent: ElementTree.Element, qualifiers: Iterable[types_pb2.Qualifier]) -> None:
    for qualifier in qualifiers:
        value = from_wire(qualifier.value)
        if value is None:
            continue
        first = value[0] if isinstance(value, list) and value else value
        kind = "boolean" if isinstance(first, bool) else "sint32" if isinstance(first, int) else "string"
        node = ElementTree.SubElement(parent, "QUALIFIER", NAME=qualifier.name, TYPE=kind)
        _fill(node, value, isinstance(value, list), False)


def _add_property(
    parent: ElementTree.Element, declared: types_pb2.PropertyDeclaration, value: Any, qualifiers: bool
) -> None:
    is_reference = declared.type == types_pb2.CIM_TYPE_REFERENCE
    suffix = ".REFARRAY" if is_reference and declared.is_array else ".ARRAY" if declared.is_array else ""
    suffix = suffix or (".REFERENCE" if is_reference else "")
    node = ElementTree.SubElement(parent, "PROPERTY" + suffix, NAME=declared.name)
    if is_reference:
        if declared.reference_class:
            node.set("REFERENCECLASS", declared.reference_class)
    else:
        is_object = declared.type == types_pb2.CIM_TYPE_OBJECT
        node.set("TYPE", "string" if is_object else _type_name(declared.type))
        if is_object or declared.embedded_class:
            node.set("EmbeddedObject", "instance")
    if qualifiers:
        if declared.origin_class:
            node.set("CLASSORIGIN", declared.origin_class)
        _add_qualifiers(node, declared.qualifiers)
    _fill(node, value, declared.is_array, is_reference)


def cim_xml(instance: cimvisor.Instance, declaration: types_pb2.ClassDeclaration) -> str:
    """DSP0201's INSTANCE: the properties that the instance has, a null one without a value."""
    root = ElementTree.Element("INSTANCE", CLASSNAME=instance.class_name)
    for declared in declaration.properties:
        if declared.name in instance:
            _add_property(root, declared, instance[declared.name], False)
    return ElementTree.tostring(root, encoding="unicode")


def wmi_xml(instance: cimvisor.Instance, declaration: types_pb2.ClassDeclaration) -> str:
    """WMI's DTD 2.0: the qualifiers of the class and of each property, and the system properties."""
    root = ElementTree.Element("INSTANCE", CLASSNAME=instance.class_name)
    _add_qualifiers(root, declaration.qualifiers)
    path = instance.path
    system = {
        "__PATH": str(path) or None,
        "__NAMESPACE": declaration.name_space.replace("/", "\\"),
        "__SERVER": path.host or None,
        "__DERIVATION": list(declaration.derivation),
        "__PROPERTY_COUNT": len(declaration.properties),
        "__RELPATH": path.relative or None,
        "__DYNASTY": list(declaration.derivation)[-1] if declaration.derivation else declaration.name,
        "__SUPERCLASS": declaration.superclass or None,
        "__CLASS": declaration.name,
        "__GENUS": 2,
    }
    for name, value in system.items():
        is_array = isinstance(value, list)
        node = ElementTree.SubElement(root, "PROPERTY.ARRAY" if is_array else "PROPERTY", NAME=name)
        node.set("CLASSORIGIN", "___SYSTEM")
        node.set("TYPE", "sint32" if isinstance(value, int) else "string")
        _fill(node, value, is_array, False)
    for declared in declaration.properties:
        if declared.name in instance:
            _add_property(root, declared, instance[declared.name], True)
    return ElementTree.tostring(root, encoding="unicode")
