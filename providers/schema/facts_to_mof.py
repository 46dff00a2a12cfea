#!/usr/bin/env python3
"""Writes providers/schema/virtualization_v2/<area>/<Class>.mof and index.mof from facts/virtualization_v2.json.

  facts_to_mof.py          writes the classes of slice.txt and what they need
  facts_to_mof.py --check  exits with 1 when a committed file differs from what would be written

The facts are names, types and numbers; facts/README.md tells their flags. Where a fact is uncertain, a comment in the
MOF says so. What the facts get wrong, or leave open, is mended by facts/corrections.json, with the reason.
"""
import json
import pathlib
import re
import sys

SCHEMA = pathlib.Path(__file__).resolve().parent
TARGET = SCHEMA / "virtualization_v2"
WIDTH = 110

# The first pattern that fits decides where a class stands. An area is a folder, and a C++ header of its own: the areas
# of a namespace, with cimvisor and wmi_system, are at most 15.
AREAS = [
    (r"^(CIM|MSFT)_.*(SettingData|Capabilities)$", "cim_settings"),
    (r"^(CIM|MSFT)_", None),  # by kind and ancestry, see area_of
    (r"^Msvm_.*(Job)$|^Msvm_Error$", "jobs"),
    (r"^Msvm_.*(Replication|ReferencePoint).*$", "services"),
    (r"^Msvm_.*(Switch|Ethernet|LANEndpoint|VLAN|Network|Fc|Feature|Wwpn).*$", "network"),
    (r"^Msvm_.*(Kvp|Guest|Heartbeat|Shutdown|TimeSync|Vss|Rdv).*$", "devices"),
    (r"^Msvm_.*(Disk|Storage|Image|Media|VHD).*$", "storage"),
    (r"^Msvm_.*(Pool|Capabilities|Metric).*$", "pools"),
    (r"^Msvm_.*Service$", "services"),
    (r"^Msvm_(ComputerSystem|PlannedComputerSystem|VirtualSystemSettingData|SummaryInformation.*|.*Collection)$",
     "system"),
    (r"^Msvm_.*SettingData$", "settings"),
]


def load(name):
    return json.loads((SCHEMA / "facts" / name).read_text(encoding="utf-8"))


def correct(owner, correction):
    """Applies an entry of facts/corrections.json: what it sets or removes must be there."""
    if "method" in correction:
        method = next(m for m in owner["methods"] if m["name"] == correction["method"])
        elements, name = method["params"], correction["parameter"]
    else:
        elements, name = owner["properties"], correction["property"]
    wanted = correction.get("remove", {})
    found = [fact for fact in elements if fact["name"] == name and wanted.items() <= fact.items()]
    if len(found) != 1:
        sys.exit(f"facts_to_mof: a correction finds {len(found)} elements instead of one: {correction}")
    if wanted:
        elements.remove(found[0])
        found = [next(fact for fact in elements if fact["name"] == name)]
    found[0].update(correction.get("set", {}))
    found[0]["corrected"] = correction["reason"]


class Facts:
    def __init__(self):
        self.classes = {c["name"]: c for c in load("virtualization_v2.json")}
        for correction in load("corrections.json"):
            correct(self.classes[correction["class"]], correction)
        self.machine_states = load("wellknown.json")["vm_states_v2"]

    def ancestors(self, name):
        """The superclasses of a class, nearest first."""
        result = []
        while self.classes[name]["superclass"] in self.classes:
            name = self.classes[name]["superclass"]
            result.append(name)
        return result

    def is_association(self, name):
        return self.classes[name]["kind"] == "association"

    def inherited(self, name, property_name):
        """The declaration of a property in the nearest superclass that has it."""
        for ancestor in self.ancestors(name):
            for fact in self.classes[ancestor]["properties"]:
                if fact["name"].lower() == property_name.lower():
                    return fact
        return None

    def needed_by(self, name):
        """The classes that a class inherits from, refers to or embeds."""
        fact = self.classes[name]
        if fact["superclass"] in self.classes:
            yield fact["superclass"]
        elements = list(fact["properties"])
        for method in fact["methods"]:
            elements += method["params"]
        for element in elements:
            if ":" in element["cimtype"]:
                yield element["cimtype"].split(":")[1]
            for key in ("embedded", "embedded_in_mof_text"):
                if key in element:
                    yield element[key]

    def closure(self, roots):
        seen, todo = set(), list(roots)
        while todo:
            name = todo.pop()
            if name not in self.classes:
                sys.exit(f"facts_to_mof: no class {name} in facts/virtualization_v2.json")
            if name not in seen:
                seen.add(name)
                todo += self.needed_by(name)
        return sorted(seen)

    def area_of(self, name):
        area = next((area for pattern, area in AREAS if re.match(pattern, name)), "devices")
        if self.is_association(name):
            area = "associations" if name.startswith("Msvm_") else "cim_associations"
        elif area is None:
            line = self.ancestors(name)
            if "CIM_LogicalDevice" in line or "CIM_ServiceAccessPoint" in line:
                area = "cim_devices"
            else:
                area = "cim_core"
        return area


def quoted(text):
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def wrapped(prefix, items, suffix, indent):
    """prefix{a, b, c}suffix over as many lines as it takes."""
    lines, line = [], prefix + "{"
    for position, item in enumerate(items):
        piece = item + ("," if position < len(items) - 1 else "}" + suffix)
        separator = "" if line.endswith("{") else " "
        if len(line) + len(separator) + len(piece) > WIDTH:
            lines.append(line)
            line, separator = indent + "    ", ""
        line += separator + piece
    lines.append(line)
    return "\n".join(lines)


def value_map(values):
    """The qualifiers ValueMap and Values, as they stand in a list, without indentation."""
    if not values:
        return []
    # Some pages number every tenth label in a comment that ran into the label: "//31 Material Supply Exhausted".
    labels = [re.sub(r"^//\d+ ", "", str(label)) for label in values.values()]
    return [("ValueMap", [quoted(key) for key in values]), ("Values", [quoted(label) for label in labels])]


def qualifier_list(qualifiers, indent):
    if not qualifiers:
        return ""
    parts = []
    for position, qualifier in enumerate(qualifiers):
        suffix = "]" if position == len(qualifiers) - 1 else ","
        prefix = indent + ("[" if position == 0 else " ")
        if isinstance(qualifier, tuple):
            parts.append(wrapped(prefix + qualifier[0] + " ", qualifier[1], suffix, indent))
        elif parts and "\n" not in parts[-1] and len(parts[-1]) + len(qualifier) + 2 <= WIDTH:
            parts[-1] += " " + qualifier + suffix
        else:
            parts.append(prefix + qualifier + suffix)
    return "\n".join(parts) + "\n"


def is_form(text):
    """Whether a page's default only shows what the value looks like: "Microsoft:GUID\\Root"."""
    return "GUID" in text or text.startswith('"root\\')


def default_text(fact, is_key):
    """The default of a property as an initializer, or "" where the page gives none that can be one."""
    text = str(fact.get("default") or "").strip()
    kind = fact["cimtype"]
    if is_key or not text:
        return ""
    if kind == "boolean" and text.lower() in ("true", "false"):
        literal = text.upper()
    elif fact["array"] and text == "{}":
        literal = text
    elif kind == "string" and re.fullmatch(r'"[^"]*"', text) and not is_form(text):
        literal = quoted(text[1:-1])
    elif kind == "datetime" and re.fullmatch(r'"?\d{14}\.\d{6}:000"?', text):
        literal = quoted(text.strip('"'))
    elif re.match(r"[us]int", kind) and re.fullmatch(r"(\{ *)?(\d+|0x[0-9a-fA-F]+)( *\})?", text):
        literal = str(int(text.strip("{ }"), 0))
        literal = "{" + literal + "}" if text.startswith("{") else literal
    else:
        return ""
    if fact["array"] and not literal.startswith("{"):
        literal = "{" + literal + "}"
    return "" if literal.startswith("{") != bool(fact["array"]) else " = " + literal


def type_text(cimtype):
    if cimtype.startswith("reference:"):
        return cimtype.split(":")[1] + " ref"
    return cimtype.split(":")[1] if cimtype.startswith("object:") else cimtype


def comments(fact, indent):
    notes = []
    if fact.get("corrected"):
        notes.append("corrected: " + fact["corrected"])
    if fact.get("docs_only"):
        notes.append("uncertain: documented, but in no live class dump")
    if is_form(str(fact.get("default"))):
        notes.append("its form: " + fact["default"].strip('"'))
    if fact.get("cimtype_uncertain"):
        notes.append("uncertain: the width of the type is not known")
    if fact.get("ref_inferred"):
        notes.append("uncertain: the class of the reference is inferred")
    if fact.get("values_note"):
        notes.append("uncertain: " + fact["values_note"])
    if fact.get("since"):
        notes.append("since " + fact["since"])
    if fact.get("documented_since"):
        notes.append("documented since " + fact["documented_since"])
    return "".join(wrap_comment(note, indent) for note in notes)


def wrap_comment(text, indent):
    lines, line = [], indent + "//"
    for word in text.split():
        if len(line) + len(word) + 1 > WIDTH:
            lines.append(line)
            line = indent + "//"
        line += " " + word
    return "\n".join(lines + [line]) + "\n"


def property_text(facts, owner, fact):
    is_key = bool(fact.get("key")) or (fact["name"] in owner["key_properties"] and
                                       facts.inherited(owner["name"], fact["name"]) is None)
    qualifiers = ["Key"] if is_key else []
    qualifiers += ["Read"] if fact.get("read_only", True) else ["Read", "Write"]
    base = facts.inherited(owner["name"], fact["name"])
    if base is not None:
        # Write comes with the inherited property unless it is taken back.
        qualifiers += ["Write(false)"] if fact.get("read_only", True) and not base.get("read_only", True) else []
        qualifiers.append(f'Override({quoted(fact["name"])})')
    if "embedded" in fact:
        qualifiers.append(f'EmbeddedInstance({quoted(fact.get("embedded_in_mof_text", fact["embedded"]))})')
    qualifiers += value_map(fact.get("values"))
    array = "[]" if fact["array"] else ""
    return (comments(fact, "  ") + qualifier_list(qualifiers, "  ") +
            f'  {type_text(fact["cimtype"])} {fact["name"]}{array}{default_text(fact, is_key)};\n')


def parameter_text(owner, method, fact):
    direction = {"in": ["In"], "out": ["In(false)", "Out"], "inout": ["In", "Out"]}[fact["in/out"]]
    embedded = fact.get("embedded_in_mof_text", fact.get("embedded"))
    qualifiers = direction + ([f"EmbeddedInstance({quoted(embedded)})"] if embedded else [])
    if "also_accepts" in fact:
        qualifiers.append("Cimvisor_AlsoAccepts {" + ", ".join(quoted(name) for name in fact["also_accepts"]) + "}")
    qualifiers += value_map(fact.get("values"))
    array = "[]" if fact["array"] else ""
    declaration = f'{type_text(fact["cimtype"])} {fact["name"]}{array}'
    text = qualifier_list(qualifiers, "    ")
    joint = "    " if text.count("\n") > 1 else " "
    return comments(fact, "    ") + (text if joint != " " else text[:-1]) + joint + declaration


def method_text(facts, owner, method):
    is_override = any(m["name"] == method["name"] for ancestor in facts.ancestors(owner["name"])
                      for m in facts.classes[ancestor]["methods"])
    qualifiers = (["Static"] if method["static"] else []) + (
        [f'Override({quoted(method["name"])})'] if is_override else [])
    returned = method.get("return") or {}
    qualifiers += value_map(returned.get("values"))
    parameters = ",\n".join(parameter_text(owner, method, fact) for fact in method["params"])
    opening = "\n" if parameters else ""
    return (comments(method, "  ") + qualifier_list(qualifiers, "  ") +
            f'  {returned.get("type", "uint32")} {method["name"]}({opening}{parameters});\n')


def overrides_from_notes(facts, owner):
    """What a class page fixes on inherited properties (values, default, whether it can be written), as overriding properties."""
    notes = {note["name"]: dict(note) for note in owner.get("inherited_notes", [])}
    if owner["name"] == "Msvm_ComputerSystem":
        for name in ("EnabledState", "RequestedState"):
            states = {number: re.sub(r" \(.*\)", "", label) for number, label in facts.machine_states[name].items()}
            notes[name] = {**notes.get(name, {}), "name": name, "values": states}
    declared = {fact["name"].lower() for fact in owner["properties"]}
    for note in notes.values():
        base = facts.inherited(owner["name"], note["name"])
        if base is None or note["name"].lower() in declared:
            continue
        fact = {key: base[key] for key in ("name", "cimtype", "array", "read_only", "embedded") if key in base}
        fact.update({key: note[key] for key in ("values", "default") if note.get(key)})
        fact["read_only"] = note.get("read_only", fact.get("read_only", True))
        is_key = note["name"] in owner["key_properties"]
        is_other = fact["read_only"] != base.get("read_only", True)
        if "values" in fact or is_other or default_text(fact, is_key):
            if is_key:
                fact["key"] = True
            yield fact


def class_text(facts, name):
    owner = facts.classes[name]
    text = "// Written by facts_to_mof.py; edit the facts or the script instead.\n"
    if owner.get("docs_only"):
        text += "// uncertain: documented, but in no live class dump\n"
    if owner.get("abstract_uncertain"):
        text += "// uncertain: whether the class is abstract\n"
    if owner.get("note"):
        text += wrap_comment(owner["note"], "")
    qualifiers = ["Association"] if facts.is_association(name) else []
    qualifiers += ["Indication"] if owner["kind"] == "indication" else []
    qualifiers += ["Abstract"] if owner["abstract"] else []
    has_keys = bool(owner["key_properties"])
    qualifiers += [] if has_keys or owner["abstract"] or owner["kind"] == "indication" else ["Cimvisor_NoKeys"]
    for key, spelling in (("uuid", "UUID"), ("extensionid", "ExtensionId"), ("interfaceversion", "InterfaceVersion"),
                          ("interfacerevision", "InterfaceRevision"), ("displayname", "DisplayName")):
        if key in owner:
            qualifiers.append(f"{spelling}({quoted(owner[key])})")
    superclass = f' : {owner["superclass"]}' if owner["superclass"] else ""
    members = [property_text(facts, owner, fact) for fact in owner["properties"]]
    members += [property_text(facts, owner, fact) for fact in overrides_from_notes(facts, owner)]
    members += [method_text(facts, owner, method) for method in owner["methods"]]
    return text + qualifier_list(qualifiers, "") + f"class {name}{superclass}\n{{\n" + "\n".join(members) + "};\n"


def wanted_files():
    facts = Facts()
    roots = [line for line in (SCHEMA / "slice.txt").read_text().split("\n") if line and not line.startswith("#")]
    names = facts.closure(facts.classes if roots == ["*"] else roots)
    files = {f"{facts.area_of(name)}/{name}.mof": class_text(facts, name) for name in names}
    index = "// Written by facts_to_mof.py: every class of root/virtualization/v2, and those of our own.\n"
    index += '#pragma include ("cimvisor.mof")\n'
    index += "".join(f'#pragma include ("{path}")\n' for path in sorted(files))
    return {**files, "index.mof": index}


def main():
    files = wanted_files()
    present = {str(path.relative_to(TARGET)) for path in TARGET.rglob("*.mof")} - {"cimvisor.mof"}
    if sys.argv[1:] == ["--check"]:
        wrong = sorted(present ^ set(files)) + [path for path in sorted(present & set(files))
                                                if (TARGET / path).read_text(encoding="utf-8") != files[path]]
        if wrong:
            sys.exit("facts_to_mof: run providers/schema/facts_to_mof.py; these differ: " + ", ".join(wrong))
        return
    if sys.argv[1:]:
        sys.exit(__doc__)
    for path in present - set(files):
        (TARGET / path).unlink()
    for path, text in files.items():
        (TARGET / path).parent.mkdir(parents=True, exist_ok=True)
        (TARGET / path).write_text(text, encoding="utf-8")
    print(f"{len(files) - 1} classes")


if __name__ == "__main__":
    main()
