#!/usr/bin/env python3
"""Writes a tree that looks like a large web repository: make-tree.py DIRECTORY [FILES].

The same arguments give the same tree. One file in 50 speaks of CORS, one in 12 builds a server or sends requests; the
rest is code and text that a linter has to get past quickly. A node_modules as large as half the tree has to be left out.
"""
import pathlib
import random
import sys

root, files = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
dice = random.Random(20_000)
WORDS = "const order price total user render state props value items update handle page query result cart list".split()

CORS = {
    "js": "const cors = require('cors')\napp.use(cors({ origin: process.env.ORIGIN || 'http://localhost:3000' }))\n",
    "ts": "import cors from 'cors'\napp.use(cors({ origin: ['https://app.example.com'], credentials: true }))\n",
    "tsx": "// answers carry Access-Control-Allow-Origin\n",
    "py": "from fastapi.middleware.cors import CORSMiddleware\napp.add_middleware(CORSMiddleware, allow_origins=['*'])\n",
}
OTHER = {
    "js": "const express = require('express')\nconst app = express()\n",
    "ts": "export const load = () => fetch('/api/items')\n",
    "tsx": "import axios from 'axios'\n",
    "py": "from django.conf import settings\n",
}
KINDS = ["js"] * 4 + ["ts"] * 4 + ["tsx"] * 4 + ["py"] * 3 + ["css", "md", "json", "html", "svg"]


def body(extension):
    lines = []
    for _ in range(dice.randint(10, 200)):
        words = " ".join(dice.choices(WORDS, k=dice.randint(3, 9)))
        lines.append(f"# {words}" if extension == "py" else f"// {words}" if extension in CORS else words)
    return "\n".join(lines) + "\n"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def name(number, extension):
    return f"area{number % 37}/part{number % 211}/file{number}.{extension}"


for number in range(files * 2 // 3):
    extension = dice.choice(KINDS)
    text = body(extension)
    if extension in CORS:
        text = (CORS if number % 50 == 0 else OTHER if number % 12 == 0 else {}).get(extension, "") + text
    write(root / "packages" / name(number, extension), text)
for number in range(files // 3):
    write(root / "node_modules" / name(number, "js"), CORS["js"] + body("js"))
write(root / ".gitignore", "node_modules\n.env\n")
write(root / ".env", "ORIGIN=https://app.example.com\n")
(root / ".git").mkdir(exist_ok=True)
