"""PyMI's semantics, one by one (the list of what the wmi module must do)."""
import ctypes
import datetime
import os
import unittest
from xml.etree import ElementTree

import wmi
from tests.service import ServiceTest, define_machine

NAMESPACE = "//./root/virtualization/v2"


def code(error):
    return ctypes.c_uint(error.com_error.excepinfo[5]).value


class WmiModuleTest(ServiceTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        os.environ["CIMVISOR_SERVER"] = cls.service.address
        cls.conn = wmi.WMI(NAMESPACE)
        cls.guid = define_machine(cls.client, "m", cls.service.boot)

    def machine(self):
        return self.conn.Msvm_ComputerSystem(ElementName="m")[0]

    def test_monikers(self):
        with self.assertRaises(wmi.x_wmi) as caught:
            wmi.WMI("//./root/nothing")
        self.assertEqual((code(caught.exception), caught.exception.com_error.hresult), (0x8004100E, -2147217394))
        path = self.machine().path_()
        for moniker in (path, path.replace("\\", "/")):
            self.assertEqual(wmi.WMI(moniker).Name, self.guid)
        memory = self.conn.Msvm_MemorySettingData(
            InstanceID=f"Microsoft:{self.guid}\\4764334D-E001-4176-82EE-5594EC9B530E"
        )
        self.assertEqual(wmi.WMI(memory[0].path_().replace("\\", "/")).VirtualQuantity, 32)
        with self.assertRaises(wmi.x_wmi) as caught:
            wmi.WMI(path.replace(self.guid, "00000000-0000-0000-0000-000000000000"))
        self.assertEqual(code(caught.exception), 0x80041002)
        with self.assertRaisesRegex(wmi.x_wmi, "certificates"):
            wmi.WMI(NAMESPACE, user="u", password="p")

    def test_queries_quote_and_double(self):
        rows = self.conn.Msvm_ComputerSystem(["ElementName", "Name"], Name=self.guid, EnabledState=3)
        self.assertEqual([row.ElementName for row in rows], ["m"])
        self.assertEqual(self.conn.Msvm_ComputerSystem(ElementName="it's"), [])
        query = f"SELECT * FROM Msvm_MemorySettingData WHERE InstanceID LIKE 'Microsoft:{self.guid}\\%'"
        self.assertEqual(len(self.conn.query(query)), 1)

    def test_attributes(self):
        machine = self.machine()
        self.assertEqual(machine.elementNAME, "m")
        self.assertEqual(machine.OperationalStatus, (2,))
        self.assertIsInstance(machine.InstallDate, datetime.datetime)
        self.assertIsNone(
            machine.OtherDedicatedDescriptions if hasattr(machine, "OtherDedicatedDescriptions") else None
        )
        with self.assertRaises(AttributeError):
            machine.Nothing
        with self.assertRaises(wmi.x_wmi):
            machine.Nothing = 1
        settings = self.conn.Msvm_VirtualSystemSettingData.new()
        settings.set(ElementName="n", VirtualNumaEnabled="True")
        self.assertIs(settings.VirtualNumaEnabled, True)
        self.assertEqual(settings.path_(), "")

    def test_paths_and_references(self):
        machine = self.machine()
        self.assertEqual(machine.path().Class, "Msvm_ComputerSystem")
        self.assertTrue(machine.path().RelPath.startswith("Msvm_ComputerSystem.CreationClassName="))
        link = machine.references("Msvm_SettingsDefineState")[0]
        self.assertEqual((link.ManagedElement, link.SettingData.ElementName), (machine, "m"))
        found = machine.associators("Msvm_SettingsDefineState", "Msvm_VirtualSystemSettingData")
        self.assertEqual([row.ElementName for row in found], ["m"])

    def test_methods(self):
        service = self.conn.Msvm_VirtualSystemManagementService()[0]
        settings = self.conn.Msvm_VirtualSystemSettingData(ElementName="m")[0]
        code_, summaries = service.GetSummaryInformation([4, 100], [settings.path_()])
        self.assertEqual((code_, summaries[0].EnabledState), (0, 3))
        new = self.conn.Msvm_VirtualSystemSettingData.new()
        new.ElementName = "by text <&>"
        job, path, ret = service.DefineSystem(None, [], new.GetText_(1))
        self.assertEqual((job, ret), (None, 0))
        self.assertEqual(wmi.WMI(path).ElementName, "by text <&>")
        self.assertEqual(service.DestroySystem(path), (None, 0))
        with self.assertRaises(wmi.x_wmi) as caught:
            service.DestroySystem(path)
        self.assertEqual(code(caught.exception), 0x80041002)
        with self.assertRaisesRegex(wmi.x_wmi, "no input parameter Nothing"):
            service.DestroySystem(Nothing=1)

    def test_texts(self):
        settings = self.conn.Msvm_VirtualSystemSettingData(ElementName="m")[0]
        plain, full = (ElementTree.fromstring(settings.GetText_(number)) for number in (1, 2))
        self.assertEqual(plain.get("CLASSNAME"), "Msvm_VirtualSystemSettingData")
        self.assertEqual(plain.find("PROPERTY[@NAME='ElementName']/VALUE").text, "m")
        self.assertEqual(full.find("PROPERTY[@NAME='__CLASS']/VALUE").text, "Msvm_VirtualSystemSettingData")
        self.assertTrue(full.findall("PROPERTY/QUALIFIER"))
        # What the service writes of the same object says the same.
        ours = {node.get("NAME"): [value.text for value in node.iter("VALUE")] for node in plain}
        theirs = ElementTree.fromstring(self.client.get_text(settings.path_(), 2))
        self.assertEqual({node.get("NAME"): [value.text for value in node.iter("VALUE")] for node in theirs}, ours)

    def test_put_and_delete_say_what_the_service_says(self):
        machine = self.machine()
        machine.ElementName = "other"
        for call in (machine.put, machine.Delete_, self.conn.Msvm_ComputerSystem.new().put):
            with self.assertRaises(wmi.x_wmi) as caught:
                call()
            self.assertEqual(code(caught.exception), 0x8004100C)

    def test_a_watcher_times_out_and_hears(self):
        watcher = self.conn.Msvm_ComputerSystem.watch_for(notification_type="creation")
        self.addCleanup(watcher.close)
        with self.assertRaises(wmi.x_wmi_timed_out):
            watcher(50)
        define_machine(self.client, "heard")
        self.assertEqual(watcher(30000).ElementName, "heard")


if __name__ == "__main__":
    unittest.main()
