"""Writes the small web site that the recorded clients fetch.

usage: site.py FOLDER [SEED]

Pages link to style sheets, scripts, images and fonts on two hosts, and a script calls an
API on a third one. Sizes and names come from the seed, so the site is the same each time.
"""

import os
import random
import sys

API = "https://api.example.com"
STATIC = "https://static.example.com"
PAGES = 12
KINDS = {"css": 4, "js": 6, "png": 12, "svg": 6, "woff2": 2, "json": 4, "webp": 6}


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def assets(seeded):
    names = []
    for kind, count in KINDS.items():
        for number in range(count):
            digest = f"{seeded.getrandbits(40):010x}"
            names.append(f"/assets/{kind}/{kind}-{number}.{digest}.{kind}")
    return names


def script(page, seeded):
    calls = []
    for number in range(14):
        item = seeded.randrange(100000)
        calls += [
            f'get("/v1/items/{item}?fields=name,price&page={page}")',
            f'get("/v1/search?q=term+{item}&sort=price&offset={number * 20}")',
        ]
        if number % 4 == 0:
            calls.append(f'post("/v1/cart", {{item: {item}, count: {number + 1}}})')
        if number % 5 == 0:
            calls.append(f'remove("/v1/cart/{item}")')
    following = f'location.href = "/page-{page + 1}.html?from={page}";'
    if page + 1 == PAGES:
        following = 'fetch("/done");'
    return f"""
const api = "{API}";
const get = p => fetch(api + p, {{credentials: "include", headers: {{accept: "application/json"}}}});
const post = (p, b) => fetch(api + p, {{method: "POST", credentials: "include",
  headers: {{"content-type": "application/json", "x-csrf-token": "t" + Math.random().toString(36).slice(2)}},
  body: JSON.stringify(b)}});
const remove = p => fetch(api + p, {{method: "DELETE", credentials: "include"}});
addEventListener("load", async () => {{
  const given_up = new AbortController();
  fetch(api + "/v1/slow?page={page}", {{credentials: "include", signal: given_up.signal}}).catch(() => 0);
  setTimeout(() => given_up.abort(), 60);
  const calls = [{",".join("() => " + c for c in calls)}];
  for (let i = 0; i < calls.length; i += 6)
    await Promise.allSettled(calls.slice(i, i + 6).map(call => call()));
  {following}
}});
"""


def page(number, names, seeded):
    tags = []
    for name in sorted(seeded.sample(names, 22)):
        host = STATIC if seeded.random() < 0.5 else ""
        kind = name.rsplit(".", 1)[1]
        if kind == "css":
            tags.append(f'<link rel="stylesheet" href="{host}{name}">')
        elif kind == "js":
            tags.append(f'<script defer src="{host}{name}"></script>')
        elif kind in ("png", "svg", "webp"):
            tags.append(f'<img src="{host}{name}" alt="">')
        elif kind == "woff2":
            tags.append(f'<link rel="preload" as="font" href="{host}{name}" crossorigin>')
        else:
            tags.append(f'<link rel="preload" as="fetch" href="{host}{name}" crossorigin>')
    body = "\n".join(tags)
    return f"""<!doctype html><html><head><meta charset="utf-8"><title>Page {number}</title>
{body}
<script>{script(number, seeded)}</script></head><body><h1>Page {number}</h1></body></html>"""


def main():
    folder = sys.argv[1]
    seeded = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    names = assets(seeded)
    for number in range(PAGES):
        write(f"{folder}/page-{number}.html", page(number, names, seeded).encode())
    write(f"{folder}/index.html", page(0, names, seeded).encode())
    write(f"{folder}/done", b"done\n")
    for name in names:
        length = seeded.randrange(80, 4000)
        write(folder + name, b"/" * length)
    with open(f"{folder}/list.txt", "w", encoding="ascii") as file:
        file.write("\n".join(names) + "\n")


main()
