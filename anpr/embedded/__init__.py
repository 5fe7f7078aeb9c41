"""Broker and store started by the program itself, so that nothing has to be installed beside it."""
