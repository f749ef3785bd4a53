"""Two hosts with two workers each, a PostgreSQL primary and its standby, each in a network namespace of its own.

`python -m tests.standby` plays every scenario (as root, on Linux); `tests/standby/test_failover.py` the first one, in short.
"""
