"""The class board: step 13, run by the instructor, on which attendees' checks report what passed.

`command` parses; `host`, `organiser` and `addresses` are the instructor's side, `membership`,
`client` and `report` the attendee's. The two meet in Podium's public API, version 2, only.
"""

STEP = 13
SLUG = "class-board"
API = "/api/v2"
