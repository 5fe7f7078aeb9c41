"""Flows that bring a loop of their own: Faust apps. They unpack, call pure functions, send what follows."""
