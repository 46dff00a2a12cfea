"""The package as pip of Debian installs it from the build tree, without a network."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest


class PackageTest(unittest.TestCase):
    def test_it_installs_and_imports(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(os.environ["PYTHONPATH"], f"{folder}/source")
            options = ["--no-index", "--no-deps", "--no-build-isolation", "--target", f"{folder}/installed"]
            command = [sys.executable, "-m", "pip", "install", "--quiet", *options, f"{folder}/source"]
            installed = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual(installed.returncode, 0, installed.stderr)
            code = (
                "import cimvisor, cimvisor.aio, wmi, cimvisor.classes.root_virtualization_v2 as v2; "
                "print(cimvisor.__file__, v2.Msvm_ComputerSystem.__name__)"
            )
            environment = {**os.environ, "PYTHONPATH": f"{folder}/installed"}
            output = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
            ).stdout
            self.assertEqual(output.split(), [f"{folder}/installed/cimvisor/__init__.py", "Msvm_ComputerSystem"])


if __name__ == "__main__":
    unittest.main()
