"""`python -m sim_engine`: see sim_engine/command_line.py."""

import sys

from sim_engine.command_line import main

sys.exit(main(sys.argv[1:]))
