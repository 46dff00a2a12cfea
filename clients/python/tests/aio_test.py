"""The client for asyncio against a real service."""
import asyncio
import unittest

import cimvisor
from cimvisor import aio
from tests.service import OFF, RUNNING, ServiceTest, define_machine, machine_path

CREATED = "SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA 'Msvm_ComputerSystem'"


class AioTest(ServiceTest):
    def run_with_client(self, work):
        async def run():
            async with aio.connect(self.service.address) as client:
                await asyncio.wait_for(work(client), 60)

        asyncio.run(run())

    def test_reads_and_runs_a_machine(self):
        path = machine_path(self.define("aio"))

        async def work(client):
            rows = client.query("SELECT ElementName FROM Msvm_ComputerSystem WHERE ElementName = 'aio'")
            self.assertEqual([row["ElementName"] async for row in rows], ["aio"])
            self.assertGreater(rows.revision, 0)
            settings = await client.associators(path, result_class="Msvm_VirtualSystemSettingData").all()
            self.assertEqual(len(settings), 1)
            links = await client.references(path, result_class="Msvm_SettingsDefineState").all()
            self.assertEqual(links[0]["SettingData"], settings[0].path)
            for state in (RUNNING, OFF):
                result = await client.invoke(path, "RequestStateChange", RequestedState=state)
                job = await client.wait_for_job(result, timeout=30)
                self.assertEqual(job["JobState"], 7)
                self.assertEqual((await client.get(path))["EnabledState"], state)
            self.assertEqual((await client.get_class("msvm_computersystem")).name, "Msvm_ComputerSystem")
            self.assertIn("aio", await client.get_text(path))

        self.run_with_client(work)

    def test_errors_and_changes(self):
        path = machine_path(self.define("refused"))

        async def work(client):
            machine = await client.get(path)
            for call in (
                client.create(cimvisor.Instance("Msvm_ComputerSystem", Name="x")),
                client.modify(machine, ["ElementName"]),
                client.delete(path),
            ):
                with self.assertRaises(cimvisor.NotSupported) as caught:
                    await call
                self.assertEqual(caught.exception.wmi_code, 0x8004100C)
            with self.assertRaises(cimvisor.InvalidArgument):
                await client.query("SELEC").all()

        self.run_with_client(work)

    def test_a_watch_goes_on_behind_a_crash(self):
        async def work(client):
            async with client.watch(CREATED) as watch:
                define_machine(self.client, "aio-before")
                self.assertEqual((await watch.__anext__()).target["ElementName"], "aio-before")
                await asyncio.to_thread(self.service.kill)
                await asyncio.to_thread(self.service.start)
                with cimvisor.connect(self.service.address) as other:
                    define_machine(other, "aio-after")
                self.assertEqual((await watch.__anext__()).target["ElementName"], "aio-after")

        self.run_with_client(work)


if __name__ == "__main__":
    unittest.main()
