"""The examples of docs/python.md, run against a real service with one machine, "web"."""
import doctest
import os

from tests.service import SOURCE, ServiceTest


class DocumentationTest(ServiceTest):
    def test_the_examples_do_what_they_say(self):
        self.define("web")
        os.environ["CIMVISOR_SERVER"] = self.service.address
        result = doctest.testfile(f"{SOURCE}/docs/python.md", module_relative=False)
        self.assertGreater(result.attempted, 15)
        self.assertEqual(result.failed, 0)
