"""A timetable from wishes: `Problem` in, `Proposal` or `Contradiction` out. Needs the extra `timetable` only to solve."""
