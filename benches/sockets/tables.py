"""Tables, and the places of documents that hold them."""

import os
import re


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def shown(figure, digits):
    return "-" if figure is None else f"{figure:,.{digits}f}".replace(",", " ")


def tell(tables, document):
    """Puts tables into a document, or prints them."""
    if os.environ.get("DRY"):
        for name, lines in tables.items():
            print(f"\n{name}\n{lines}", flush=True)
        return
    text = document.read_text(encoding="utf-8")
    for name, lines in tables.items():
        block = f"<!-- run.sh {name} -->\n{lines}\n<!-- end -->"
        text = re.sub(rf"<!-- run\.sh {name} -->\n.*?<!-- end -->", lambda _: block, text, flags=re.S)
    document.write_text(text, encoding="utf-8")
