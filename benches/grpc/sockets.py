"""Makes the modules of the socket benches importable: servers, and what h2load costs them."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "sockets"))
