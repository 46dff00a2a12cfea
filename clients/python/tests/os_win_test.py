"""OpenStack's os-win, as Debian packages it and unchanged, against a real service with real machines.

Four names are rebound before it is used, none of its code: its module wmi, the platform that one module of it sees, and
our exceptions, which are its own.
"""
import ctypes
import os
import types
import unittest

import wmi
from os_win import exceptions
from os_win.utils import baseutils
from tests.service import ServiceTest, define_machine

baseutils.wmi = wmi
baseutils.sys = types.SimpleNamespace(platform="win32")
wmi.x_wmi = exceptions.x_wmi
wmi.x_wmi_timed_out = exceptions.x_wmi_timed_out


class OsWinTest(ServiceTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        os.environ["CIMVISOR_SERVER"] = cls.service.address
        # What os-win asks root/cimv2 for once, the level of Hyper-V that we implement.
        baseutils.BaseUtilsVirt._os_version = [10, 0, 17763]
        baseutils.BaseUtils._WMI_CONS.clear()
        from os_win.utils.compute import vmutils10

        cls.vmutils = vmutils10.VMUtils10()
        cls.guid = define_machine(cls.client, "web-01", cls.service.boot)

    def test_lists_and_looks_up(self):
        define_machine(self.client, "listed")
        self.assertLessEqual({"web-01", "listed"}, set(self.vmutils.list_instances()))
        self.assertIn(("listed", []), self.vmutils.list_instance_notes())
        self.assertTrue(self.vmutils.vm_exists("web-01"))
        self.assertFalse(self.vmutils.vm_exists("nobody"))
        self.assertEqual(self.vmutils.get_vm_id("web-01"), self.guid)
        self.assertEqual(self.vmutils.get_vm_generation("web-01"), 1)
        self.assertEqual(self.vmutils.get_vm_memory_info("web-01")["Limit"], 32)
        self.vmutils.check_admin_permissions()
        with self.assertRaises(exceptions.HyperVVMNotFoundException):
            self.vmutils.get_vm_state("nobody")

    def test_summaries(self):
        define_machine(self.client, "summed")
        expected = {"NumberOfProcessors": 1, "EnabledState": 3, "MemoryUsage": 0, "UpTime": 0}
        self.assertEqual(self.vmutils.get_vm_summary_info("summed"), expected)

    def test_changes_memory_processors_serial_ports_and_boot_order(self):
        define_machine(self.client, "changed")
        self.vmutils.update_vm("changed", 128, None, 2, None, False, 1, chassis_asset_tag="tag")
        self.assertEqual(self.vmutils.get_vm_memory_info("changed")["Limit"], 128)
        self.assertEqual(self.vmutils.get_vm_summary_info("changed")["NumberOfProcessors"], 2)
        self.vmutils.set_vm_serial_port_connection("changed", 1, "\\\\.\\pipe\\com1")
        self.vmutils.set_boot_order("changed", [2, 0, 1, 3])

    def test_starts_stops_and_hears_of_it(self):
        listener = self.vmutils.get_vm_power_state_change_listener(timeframe=1, filtered_states=[2, 3])
        self.addCleanup(listener.close)
        self.vmutils.set_vm_state("web-01", 2)
        self.vmutils.set_vm_state("web-01", 2)  # the second is 32775, which os-win takes
        event = listener(30000)
        self.assertEqual((event.ElementName, event.EnabledState), ("web-01", 2))
        self.assertNotEqual(event.previous.EnabledState, 2)
        self.assertEqual(self.vmutils.get_vm_state("web-01"), 2)
        self.assertEqual(self.vmutils.get_active_instances(), ["web-01"])
        self.vmutils.stop_vm_jobs("web-01")
        self.vmutils.set_vm_state("web-01", 3)
        event = listener(30000)
        self.assertEqual((event.EnabledState, self.vmutils.get_vm_state("web-01")), (3, 3))
        with self.assertRaises(exceptions.x_wmi_timed_out):
            listener(50)

    def test_destroys(self):
        define_machine(self.client, "doomed")
        self.vmutils.destroy_vm("doomed")
        self.assertFalse(self.vmutils.vm_exists("doomed"))

    def test_errors_are_its_own(self):
        with self.assertRaises(exceptions.x_wmi) as caught:
            self.vmutils._get_wmi_obj("//./root/nothing")
        self.assertEqual(ctypes.c_uint(caught.exception.com_error.excepinfo[5]).value, 0x8004100E)


if __name__ == "__main__":
    unittest.main()
