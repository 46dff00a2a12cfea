"""Values, paths, instances, texts and positions, without a service."""
import datetime
import unittest

import cimvisor
from cimvisor import batches, resume, values
from cimvisor.v1 import object_manager_pb2 as api
from cimvisor.v1 import types_pb2
from wmi import _events, _moniker


class ValuesTest(unittest.TestCase):
    def test_values_come_back_as_they_went(self):
        embedded = cimvisor.Instance("X", A=1)
        for value in (
            None,
            True,
            0,
            2**64 - 1,
            -5,
            1.5,
            "text",
            ["a", "b"],
            [],
            cimvisor.ObjectPath("X.A=1"),
            embedded,
        ):
            message = types_pb2.Value()
            values.fill(message, value)
            self.assertEqual(values.from_wire(message), value)
            self.assertIs(type(values.from_wire(message)), type(value))

    def test_what_has_no_counterpart_is_refused_by_name(self):
        with self.assertRaisesRegex(OverflowError, "Size: .* 64 bits"):
            values.fill_properties(types_pb2.Instance().properties, {"Size": 2**64})
        with self.assertRaisesRegex(TypeError, "Size: object"):
            values.fill_properties(types_pb2.Instance().properties, {"Size": object()})

    def test_datetimes(self):
        moment = datetime.datetime(2026, 11, 25, 12, 1, 2, 345, datetime.timezone(datetime.timedelta(minutes=-90)))
        self.assertEqual(cimvisor.DateTime.of(moment), "20261125120102.000345-090")
        self.assertEqual(cimvisor.DateTime.of(moment).to_python(), moment)
        length = datetime.timedelta(days=3, hours=4, minutes=5, seconds=6, microseconds=7)
        self.assertEqual(cimvisor.DateTime.of(length), "00000003040506.000007:000")
        self.assertEqual(cimvisor.DateTime.of(length).to_python(), length)
        with self.assertRaises(ValueError):
            cimvisor.DateTime("yesterday").to_python()

    def test_paths(self):
        path = cimvisor.ObjectPath.make("C", {"A": 'a\\b"c,d', "B": 7, "D": True}, "root/x", "H")
        self.assertEqual(path, '\\\\H\\root\\x:C.A="a\\\\b\\"c,d",B=7,D=TRUE')
        self.assertEqual((path.host, path.name_space, path.class_name), ("H", "root/x", "C"))
        self.assertEqual(path.keys_by_name, {"A": 'a\\b"c,d', "B": 7, "D": True})
        self.assertEqual(cimvisor.ObjectPath("C.A='x'").keys_by_name, {"A": "x"})
        with self.assertRaises(ValueError):
            cimvisor.ObjectPath("C.A=").keys_by_name

    def test_instances_find_properties_in_any_case_and_remember_what_was_set(self):
        shape_of = cimvisor.Instance.from_wire
        instance = shape_of(types_pb2.Instance(class_name="C", properties=[types_pb2.Property(name="ElementName")]))
        self.assertEqual(instance.changed, [])
        instance["elementname"] = "x"
        self.assertEqual((instance.ElementNAME, instance["ElementName"]), ("x", "x"))
        self.assertEqual(instance.changed, ["ElementName"])
        with self.assertRaises(AttributeError):
            instance.Nothing
        with self.assertRaises(KeyError):
            instance["Nothing"]

    def test_a_batch_that_does_not_fit_its_layout_is_an_error(self):
        layout = types_pb2.Layout(id=1, class_name="C")
        layout.properties.add(name="A", type=types_pb2.CIM_TYPE_UINT32)
        column = types_pb2.Column(null_bitmap=b"\x02", unsigned=[5, 6])
        good = types_pb2.Batch(layout_id=1, rows=3, columns=[column])
        decoder = batches.BatchDecoder(cimvisor.Instance)
        rows = list(decoder.rows(api.QueryResponse(layouts=[layout], batches=[good])))
        self.assertEqual([row["A"] for row in rows], [5, None, 6])
        for bad in (
            types_pb2.Batch(layout_id=2, rows=1, columns=[column]),
            types_pb2.Batch(layout_id=1, rows=9, columns=[column]),
            types_pb2.Batch(layout_id=1, rows=1, columns=[column, column]),
        ):
            with self.assertRaises(batches.ProtocolError):
                list(decoder.rows(api.QueryResponse(batches=[bad])))

    def test_a_watch_goes_on_within_a_revision(self):
        def response(*revisions):
            message = api.SubscribeResponse(header=api.ResponseHeader(server_instance_id="s", revision=3))
            for number, revision in enumerate(revisions):
                message.events.add(revision=revision, time=str(number))
            return message

        position = resume.Position(None)
        self.assertIsNone(position.resume_after())
        list(position.take(response()))
        self.assertEqual(position.resume_after(), 3)
        self.assertEqual(len(list(position.take(response(4, 5, 5)))), 3)
        # Two of revision 5's three events came: they are not given again.
        self.assertEqual(position.resume_after(), 4)
        self.assertEqual([event.revision for event in position.take(response(5, 5, 5, 6))], [5, 6])
        other = response(7)
        other.header.server_instance_id = "t"
        with self.assertRaises(cimvisor.AnotherService):
            list(position.take(other))


class MonikerTest(unittest.TestCase):
    def test_namespaces_classes_and_paths(self):
        self.assertEqual(_moniker.parse("root\\cimv2"), (".", "root/cimv2", None, None))
        self.assertEqual(_moniker.parse("//./root/cimv2"), (".", "root/cimv2", None, None))
        self.assertEqual(_moniker.parse("winmgmts:\\\\H\\root\\x:C"), ("H", "root/x", "C", None))
        path = '\\\\H\\root\\v2:C.InstanceID="Microsoft:1\\\\2\\\\0",B="x,y"'
        keys = {"InstanceID": "Microsoft:1\\2\\0", "B": "x,y"}
        self.assertEqual(_moniker.parse(path), ("H", "root/v2", "C", keys))
        self.assertEqual(_moniker.parse(path.replace("\\", "/")), ("H", "root/v2", "C", keys))
        with self.assertRaises(ValueError):
            _moniker.parse("//./root/v2:C.=,")

    def test_event_queries_carry_the_previous_instance_where_they_speak_of_it(self):
        where = " FROM __InstanceModificationEvent WITHIN 1 WHERE TargetInstance.A != PreviousInstance.A"
        self.assertEqual(
            _events.with_previous("SELECT A, TargetInstance" + where),
            "SELECT A, TargetInstance, PreviousInstance" + where,
        )
        for same in ("SELECT *" + where, "SELECT TargetInstance FROM __InstanceCreationEvent WITHIN 1"):
            self.assertEqual(_events.with_previous(same), same)


if __name__ == "__main__":
    unittest.main()
