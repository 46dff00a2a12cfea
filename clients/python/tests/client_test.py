"""The client against a real service: reading, changing, jobs, errors, and mutual TLS."""
import socket
import subprocess
import unittest

import cimvisor
from tests.service import OFF, RUNNING, SOURCE, Service, ServiceTest, define_machine, eventually, machine_path


class ClientTest(ServiceTest):
    def test_a_query_streams_rows_of_one_revision(self):
        guids = {define_machine(self.client, f"many-{number}") for number in range(20)}
        rows = self.client.query("SELECT Name, ElementName FROM Msvm_ComputerSystem WHERE ElementName LIKE 'many-%'")
        found = rows.all()
        self.assertEqual({row["Name"] for row in found}, guids)
        self.assertEqual(list(found[0]), ["Name", "ElementName"])
        self.assertGreaterEqual(rows.revision, 20)
        self.assertEqual(cimvisor.ObjectPath(found[0].path).host, rows.server_name)
        names = [row["ElementName"] for row in self.client.instances("Msvm_ComputerSystem", ["ElementName"])]
        self.assertEqual(len([name for name in names if name.startswith("many-")]), 20)

    def test_get_text_class_and_explanation(self):
        guid = self.define("read")
        machine = self.client.get(machine_path(guid), ["ElementName"])
        self.assertEqual(dict(machine), {"ElementName": "read"})
        self.assertIn('ElementName = "read"', self.client.get_text(machine_path(guid)))
        xml = self.client.get_text(machine_path(guid), cimvisor.CIM_XML)
        self.assertIn('<PROPERTY NAME="ElementName" TYPE="string"><VALUE>read</VALUE>', xml)
        declaration = self.client.get_class("msvm_computersystem")
        self.assertEqual(declaration.name, "Msvm_ComputerSystem")
        self.assertIn("CIM_ComputerSystem", declaration.derivation)
        self.assertIn("class Msvm_ComputerSystem", self.client.get_class_text("Msvm_ComputerSystem"))
        self.assertIn("Msvm_ComputerSystem", [item.name for item in self.client.classes("CIM_System")])
        explained = self.client.explain("SELECT * FROM Msvm_ComputerSystem WHERE ElementName = 'read'")
        self.assertLessEqual(explained.rows_examined, 2)
        self.assertTrue(explained.steps)
        texts = self.client.query_text("SELECT * FROM Msvm_ComputerSystem WHERE ElementName = 'read'").all()
        self.assertEqual(len(texts), 1)

    def test_associations(self):
        path = machine_path(self.define("associated"))
        settings = self.client.associators(path, result_class="Msvm_VirtualSystemSettingData").all()
        self.assertEqual([row["ElementName"] for row in settings], ["associated"])
        links = self.client.references(path, result_class="Msvm_SettingsDefineState").all()
        self.assertEqual(links[0]["SettingData"], settings[0].path)
        self.assertIsInstance(links[0]["SettingData"], cimvisor.ObjectPath)

    def test_a_job_is_waited_for_through_its_events(self):
        path = machine_path(self.define("job"))
        result = self.client.invoke(path, "RequestStateChange", {"RequestedState": RUNNING}).check()
        self.assertTrue(result.started_job)
        states = list(self.client.watch_job(result.job))
        self.assertEqual(states[-1]["JobState"], 7)
        self.assertEqual(self.client.get(path)["EnabledState"], RUNNING)
        job = self.client.wait_for_job(self.client.invoke(path, "RequestStateChange", RequestedState=OFF))
        self.assertEqual(job["PercentComplete"], 100)
        self.assertEqual(self.client.get(path)["EnabledState"], OFF)

    def test_a_method_that_fails_says_why(self):
        path = machine_path(self.define("fails"))
        result = self.client.invoke(path, "RequestStateChange", RequestedState=9)
        self.assertEqual(result.return_value, 32775)
        with self.assertRaisesRegex(cimvisor.MethodError, "RequestStateChange returned 32775: .+") as caught:
            result.check()
        self.assertEqual(caught.exception.error.class_name, "Msvm_Error")

    def test_a_request_id_returns_the_first_outcome(self):
        service = next(self.client.instances("Msvm_VirtualSystemManagementService"))
        settings = cimvisor.Instance("Msvm_VirtualSystemSettingData", ElementName="once")
        outcomes = [self.client.invoke(service, "DefineSystem", SystemSettings=settings, request_id="r1") for _ in "ab"]
        self.assertEqual([outcome.replayed for outcome in outcomes], [False, True])
        self.assertEqual(outcomes[0]["ResultingSystem"], outcomes[1]["ResultingSystem"])
        settings["ElementName"] = "twice"
        with self.assertRaises(cimvisor.CimError):
            self.client.invoke(service, "DefineSystem", SystemSettings=settings, request_id="r1")

    def test_errors_carry_the_codes_of_cim_and_wmi(self):
        cases = [
            (lambda: self.client.get(machine_path("0" * 8)), cimvisor.NotFound, "CIM_ERR_NOT_FOUND", 0x80041002),
            (lambda: self.client.get_class("Nothing"), cimvisor.NotFound, "CIM_ERR_INVALID_CLASS", 0x80041010),
            (lambda: self.client.query("SELEC").all(), cimvisor.InvalidArgument, "CIM_ERR_INVALID_QUERY", 0x80041017),
            (
                lambda: self.client.in_namespace("root/nothing").probe(),
                cimvisor.NotFound,
                "CIM_ERR_INVALID_NAMESPACE",
                0x8004100E,
            ),
        ]
        path = machine_path(self.define("errors"))
        unsupported = [
            lambda: self.client.create(cimvisor.Instance("Msvm_ComputerSystem", Name="x")),
            lambda: self.client.modify(self.client.get(path), ["ElementName"]),
            lambda: self.client.delete(path),
        ]
        cases += [(call, cimvisor.NotSupported, "CIM_ERR_NOT_SUPPORTED", 0x8004100C) for call in unsupported]
        for call, kind, name, code in cases:
            with self.assertRaises(kind) as caught:
                call()
            self.assertEqual((caught.exception.cim_status_name, caught.exception.wmi_code), (name, code))
            self.assertTrue(caught.exception.message)

    def test_plan_mode_says_the_steps_and_changes_nothing(self):
        path = machine_path(self.define("plan"))
        result = self.client.invoke(path, "RequestStateChange", RequestedState=RUNNING, plan=True)
        self.assertEqual(result.return_value, 0)
        self.assertTrue(result.plan)
        self.assertTrue(result.plan_requirements.starts_job)
        self.assertGreaterEqual(result.plan_requirements.memory_bytes, 32 << 20)
        self.assertEqual(self.client.get(path)["EnabledState"], OFF)

    def test_a_change_since_the_revision_that_was_read_is_a_conflict(self):
        path = machine_path(self.define("conflict"))
        service = next(self.client.instances("Msvm_VirtualSystemManagementService"))
        settings = next(self.client.associators(path, result_class="Msvm_VirtualSystemSettingData"))
        read = self.client.get(settings)
        self.assertGreater(read.revision, 0)

        def rename(name, expected):
            change = cimvisor.Instance(read.class_name, InstanceID=read["InstanceID"], ElementName=name)
            return self.client.invoke(
                service, "ModifySystemSettings", SystemSettings=change, expected_revision=expected
            ).check()

        rename("first", read.revision)
        with self.assertRaises(cimvisor.Conflict) as caught:
            rename("second", read.revision)
        self.assertGreater(caught.exception.current_revision, read.revision)
        self.assertEqual(self.client.get(settings)["ElementName"], "first")

    def test_nobody_answers(self):
        with cimvisor.connect(f"unix:{self.service.folder}/nothing.sock") as client:
            with self.assertRaisesRegex(cimvisor.Unavailable, "Is cimvisord running"):
                client.service_information()

    def test_upload_and_service_information(self):
        stored = self.client.upload(f"{self.service.boot}/hello", "boot", "uploaded")
        self.assertEqual(stored, f"{self.service.boot}/uploaded")
        self.assertEqual(self.client.service_information().caller_role, "administrator")


class MutualTlsTest(unittest.TestCase):
    def test_a_certificate_lets_in_and_none_does_not(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        service = Service(["--listen", f"127.0.0.1:{port}"])
        self.addCleanup(service.remove)
        tls = f"{service.folder}/tls"
        make = [f"{SOURCE}/deploy/make-certificates", "--folder", tls, "--host", "localhost,127.0.0.1"]
        subprocess.run(make + ["--client", "admin"], check=True, capture_output=True)
        with open(f"{service.folder}/conf", "w", encoding="utf-8") as file:
            file.write(f"[tls]\ncertificate = {tls}/server.crt\nkey = {tls}/server.key\nclient_ca = {tls}/ca.crt\n")
            file.write("[administrators]\ncertificates = admin\n")
        service._arguments += ["--config", f"{service.folder}/conf"]
        service.start()

        def listens() -> bool:
            with socket.socket() as attempt:
                return attempt.connect_ex(("127.0.0.1", port)) == 0

        self.assertTrue(eventually(listens))
        files = dict(tls_ca=f"{tls}/ca.crt", tls_cert=f"{tls}/admin.crt", tls_key=f"{tls}/admin.key")
        with cimvisor.connect(f"127.0.0.1:{port}", **files) as client:
            self.assertEqual(client.service_information().caller_role, "administrator")
        with self.assertRaisesRegex(ValueError, "mutual TLS only"):
            cimvisor.connect(f"127.0.0.1:{port}")


if __name__ == "__main__":
    unittest.main()
