"""Watches that outlive the service: no gap, no repeat."""
import unittest

import cimvisor
from tests.service import ServiceTest, define_machine

QUERY = "SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA 'Msvm_ComputerSystem'"


class WatchTest(ServiceTest):
    def test_a_watch_goes_on_behind_a_crash_of_the_service(self):
        with self.client.watch(QUERY) as watch:
            watch.wait_until_started()
            define_machine(self.client, "before")
            self.assertEqual(watch.next(30).target["ElementName"], "before")
            self.service.kill()
            self.service.start()
            with cimvisor.connect(self.service.address) as client:
                for name in ("after-1", "after-2"):
                    define_machine(client, name)
            self.assertEqual([watch.next(30).target["ElementName"] for _ in "12"], ["after-1", "after-2"])
            with self.assertRaises(TimeoutError):
                watch.next(0.2)

    def test_a_watch_begins_where_a_list_ended(self):
        listed = self.client.query("SELECT Name FROM Msvm_ComputerSystem")
        listed.all()
        define_machine(self.client, "between")
        with self.client.watch(QUERY, listed.revision) as watch:
            event = watch.next(30)
        self.assertEqual((event.kind, event.target["ElementName"]), ("__InstanceCreationEvent", "between"))
        self.assertGreater(event.revision, listed.revision)
        with self.assertRaises(StopIteration):
            watch.next(1)

    def test_a_query_that_is_none_is_refused(self):
        with self.client.watch("SELECT nothing") as watch:
            with self.assertRaises(cimvisor.InvalidArgument):
                watch.wait_until_started()


if __name__ == "__main__":
    unittest.main()
