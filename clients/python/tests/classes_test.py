"""The typed classes that the build makes of the schema, at run time and in the type checker."""
import os
import subprocess
import sys
import tempfile
import unittest

from cimvisor.classes.root_virtualization_v2 import Msvm_ComputerSystem, Msvm_VirtualSystemManagementService
from tests.service import RUNNING, SOURCE, ServiceTest

RIGHT = """
import cimvisor
from cimvisor.classes.root_virtualization_v2 import Msvm_ComputerSystem

def work(client: cimvisor.Client) -> None:
    for machine in client.instances(Msvm_ComputerSystem):
        state = machine.EnabledState
        result = client.call(machine.RequestStateChange(RequestedState=2))
        job = result.Job
"""


class ClassesTest(ServiceTest):
    def test_typed_rows_and_calls(self):
        self.define("typed")
        query = "SELECT * FROM Msvm_ComputerSystem WHERE ElementName = 'typed'"
        machine = next(self.client.query(query, Msvm_ComputerSystem))
        self.assertIsInstance(machine, Msvm_ComputerSystem)
        self.assertEqual((machine.ElementName, machine.EnabledState), ("typed", 3))
        result = self.client.call(machine.RequestStateChange(RequestedState=RUNNING))
        self.assertEqual(self.client.wait_for_job(result).JobState, 7)
        self.assertTrue(result.Job.startswith("\\\\"))
        service = next(self.client.instances(Msvm_VirtualSystemManagementService))
        summaries = self.client.call(service.GetSummaryInformation(RequestedInformation=[100])).SummaryInformation
        self.assertIn(2, [summary["EnabledState"] for summary in summaries])

    def test_the_type_checker_finds_what_is_misspelt(self):
        self.assertEqual(self.check(RIGHT), "")
        for wrong in (
            RIGHT.replace("EnabledState", "EnabledStat"),
            RIGHT.replace("RequestedState=2", "Requested=2"),
            RIGHT.replace("RequestedState=2", "RequestedState='on'"),
            RIGHT.replace("result.Job", "result.Jobs"),
        ):
            self.assertIn("error:", self.check(wrong), wrong)

    def check(self, text):
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/user.py", "w", encoding="utf-8") as file:
                file.write(text)
            config = f"{SOURCE}/clients/python/pyproject.toml"
            command = [sys.executable, "-m", "mypy", "--config-file", config, "--no-error-summary", f"{folder}/user.py"]
            environment = {**os.environ, "MYPYPATH": os.environ["PYTHONPATH"]}
            return subprocess.run(command, capture_output=True, text=True, env=environment).stdout


if __name__ == "__main__":
    unittest.main()
