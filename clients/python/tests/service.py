"""A real service in folders of its own, with machines that run the small guest of tests/guests."""
from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from typing import Callable, List, Optional

import cimvisor

BUILD = os.environ["CIMVISOR_BUILD_DIR"]
SOURCE = os.environ["CIMVISOR_SOURCE_DIR"]

RUNNING = 2
OFF = 3
PAUSED = 9


def eventually(condition: Callable[[], bool], limit: float = 30.0) -> bool:
    """True as soon as the condition holds; asked again every few milliseconds."""
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() >= end:
            return False
        time.sleep(0.01)
    return True


class Service:
    """cimvisord with its state and runtime folders below one temporary folder."""

    def __init__(self, arguments: Optional[List[str]] = None) -> None:
        self.folder = tempfile.mkdtemp(prefix="cimvisor-python-")
        self.socket = f"{self.folder}/run/cimvisord.sock"
        self.address = f"unix:{self.socket}"
        self.boot = f"{self.folder}/state/boot"
        os.makedirs(self.boot)
        os.makedirs(f"{self.folder}/run")
        shutil.copy(f"{BUILD}/share/cimvisor/guest/hello", f"{self.boot}/hello")
        self._arguments = arguments or []
        self._process: Optional["subprocess.Popen[bytes]"] = None

    def start(self) -> None:
        """Starts it and waits until it accepts connections."""
        command = [f"{BUILD}/bin/cimvisord", "--state-dir", f"{self.folder}/state", "--runtime-dir"]
        command += [f"{self.folder}/run", "--listen", self.address, *self._arguments]
        with open(f"{self.folder}/log", "ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if not eventually(lambda: self._accepts() or self._ended()) or self._ended():
            raise RuntimeError(f"the service does not answer; its log:\n{self.log()}")

    def kill(self) -> None:
        """Ends it as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ends it in order."""
        self._end(signal.SIGTERM)

    def log(self) -> str:
        """What it said."""
        with open(f"{self.folder}/log", encoding="utf-8", errors="replace") as file:
            return file.read()

    def remove(self) -> None:
        """Turns the machines off, ends the service and removes the folder."""
        if self._process is not None and not self._ended():
            with cimvisor.connect(self.address) as client:
                for machine in client.query("SELECT * FROM Msvm_ComputerSystem WHERE ProcessID > 0").all():
                    client.wait_for_job(client.invoke(machine, "RequestStateChange", RequestedState=OFF))
            self.stop()
        shutil.rmtree(self.folder)

    def _end(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(60)

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _accepts(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            return probe.connect_ex(self.socket) == 0


def define_machine(client: cimvisor.Client, name: str, boot: str = "", memory: int = 32) -> str:
    """Defines a machine with the small guest; its GUID."""
    settings = cimvisor.Instance("Msvm_VirtualSystemSettingData", ElementName=name)
    resources = [cimvisor.Instance("Msvm_MemorySettingData", VirtualQuantity=memory)]
    if boot:
        kernel = cimvisor.Instance("Cimvisor_LinuxKernelSettingData", KernelPath=f"{boot}/hello")
        kernel["AllowOnSmallGuestsHost"] = True
        resources.append(kernel)
    service = next(client.instances("Msvm_VirtualSystemManagementService"))
    result = client.invoke(service, "DefineSystem", SystemSettings=settings, ResourceSettings=resources).check()
    return str(cimvisor.ObjectPath(result["ResultingSystem"]).keys_by_name["Name"])


def machine_path(guid: str) -> cimvisor.ObjectPath:
    """The path of a machine's Msvm_ComputerSystem."""
    keys = {"CreationClassName": "Msvm_ComputerSystem", "Name": guid}
    return cimvisor.ObjectPath.make("Msvm_ComputerSystem", keys)


class ServiceTest(unittest.TestCase):
    """One service and one client for all tests of a class."""

    service: Service
    client: cimvisor.Client

    @classmethod
    def setUpClass(cls) -> None:
        cls.service = Service()
        cls.addClassCleanup(cls.service.remove)
        cls.service.start()
        cls.client = cimvisor.connect(cls.service.address)
        cls.addClassCleanup(cls.client.close)

    def define(self, name: str) -> str:
        """A machine with the small guest; its GUID."""
        return define_machine(self.client, name, self.service.boot)

    def request_state(self, guid: str, state: int) -> None:
        """Changes a machine's state and waits for the job."""
        self.client.wait_for_job(self.client.invoke(machine_path(guid), "RequestStateChange", RequestedState=state))
