from tests.deployed import mailbox, organiser, stack  # noqa: F401
