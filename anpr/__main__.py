"""`python -m anpr`."""

from anpr.cli import main

main()
