"""`make drill-N`: inject the faults of a step under load, and count what was lost.

`run` plays a drill; `step7` and so on are the drills, each a list of scenes. `load` is what loads a
step (`generator`, in a process of its own), `report` the table in which every drill ends.
"""
