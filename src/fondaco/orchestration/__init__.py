"""The clock: Dagster runs the stages, each of which runs without it.

An asset is a thin call of the job; what it reports is shown, not found out again. Only this room imports Dagster, and no other imports it.

definitions.py  all of it, as Dagster loads it
keys.py         what things are called in Dagster, and how they are grouped
landing.py      one asset for each table of a source, landed in one step
building.py     one asset for each model, made in one build; its tests as checks; the marts that readers see
policy.py       whether what the policy says is in force
reporting.py    digests of the last week and month, for whom `reports` names
upkeep.py       fewer files in the lake
times.py        schedules, the days of the landing, the sensor of file drops
calls.py        a stage called: its notes into Dagster's log, its errors as what Dagster may retry or not
killed.py       runs whose process has gone
telling.py      who is told of a failed run, and the digest
preview.py      first rows of a mart, what is personal hidden
home.py         the folder that Dagster works in, and its pages
"""
