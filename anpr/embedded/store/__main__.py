"""`python -m anpr.embedded.store --path DIR`: run one embedded store."""

import sys

from anpr.embedded.store.options import parse_options
from anpr.embedded.store.process import run_store

if __name__ == "__main__":
    sys.exit(run_store(parse_options(sys.argv[1:])))
