"""Jobs: what their state means, and the watch that hears of their changes. States are those of CIM_ConcreteJob.JobState."""
from __future__ import annotations

from typing import Any, Mapping

from cimvisor.errors import JobError
from cimvisor.instance import Instance
from cimvisor.paths import ObjectPath

COMPLETED = 7
TERMINATED = 8
KILLED = 9
EXCEPTION = 10
COMPLETED_WITH_WARNINGS = 32768


def has_ended(job: Mapping[str, Any]) -> bool:
    """True when the job's state will not change any more."""
    state = job["JobState"] or 0
    return COMPLETED <= state <= EXCEPTION or state == COMPLETED_WITH_WARNINGS


def check(job: Instance) -> Instance:
    """The job itself; JobError when it ended in another state than completed."""
    if has_ended(job) and job["JobState"] not in (COMPLETED, COMPLETED_WITH_WARNINGS):
        raise JobError(job)
    return job


def watch_query(path: str) -> str:
    """The event query for the changes of one job."""
    key = str(ObjectPath(path).keys_by_name.get("InstanceID", ""))
    if not key:
        raise ValueError(f"{path} is not the path of a job: it has no key InstanceID")
    quoted = key.replace("\\", "\\\\").replace("'", "\\'")
    return (
        "SELECT * FROM __InstanceModificationEvent WITHIN 1 WHERE TargetInstance ISA 'CIM_ConcreteJob' "
        f"AND TargetInstance.InstanceID = '{quoted}'"
    )
