"""Runs count.sh for every table of README.md and puts the figures there: python3 benches/fill.py"""

import pathlib
import re
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


def table(match):
    run = subprocess.run([HERE / "count.sh", match[1]], capture_output=True, text=True, check=True)
    lines = run.stdout.strip().splitlines()
    if match[1] == "hpack-times":  # sizes are no times
        lines.pop()
    return "\n".join([f"<!-- count.sh {match[1]} -->", *lines, "<!-- end -->"])


readme = HERE / "README.md"
text = readme.read_text(encoding="utf-8")
text = re.sub(r"<!-- count\.sh (\S+) -->\n.*?<!-- end -->", table, text, flags=re.S)
readme.write_text(text, encoding="utf-8")
