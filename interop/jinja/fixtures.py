#!/usr/bin/env python3
"""Writes what Jinja2 makes of templates, set up as Transformers does for chats.

    fixtures.py [DIRECTORY]

Small templates are those of cases.py; chat templates are the files NAME.jinja of the directory,
which is by default that of the test. An error's text is kept only where the template raises it.
"""

import datetime
import json
import sys
from pathlib import Path

import jinja2
import transformers
from transformers.utils import chat_template_utils

from cases import CASES, VARIABLES

NOW = (2026, 7, 4, 9, 5, 3)
TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}

CONVERSATIONS = {
    "question": [("user", "Why is the sky blue?")],
    "with system": [("system", "Be brief. "), ("user", " Hi\n"), ("assistant", "Hello!"), ("user", "Bye")],
    "answered": [("user", "1 < 2 & \"3\""), ("assistant", " Yes. ")],
    "thinking": [
        ("user", "Add."),
        ("assistant", "<think>\n1 + 1\n</think>\n\nTwo."),
        ("user", "😀 {{ x }} '\\'"),
        ("assistant", "<think></think>Fine"),
        ("user", "last"),
    ],
    "late system": [("user", "a"), ("assistant", "b"), ("system", "c"), ("user", "d")],
    "two questions": [("user", "a"), ("user", "b")],
    "begun by the assistant": [("assistant", "a"), ("user", "b")],
    "a tool": [("user", "a"), ("tool", "{\"r\": 1}"), ("assistant", "b")],
    "only system": [("system", "s")],
    "nothing": [],
}


class FixedTime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(*NOW)


chat_template_utils.datetime = FixedTime


def outcome(source, variables):
    try:
        return {"output": chat_template_utils._compile_jinja_template(source).render(**variables)}
    except jinja2.exceptions.TemplateError as e:
        # Only raise_exception raises this very class.
        return {"refusal" if type(e) is jinja2.exceptions.TemplateError else "error": str(e)}
    except Exception as e:
        return {"error": f"{type(e).__name__}: {e}"}


def write(path, content):
    provenance = {
        "library": f"Jinja2 {jinja2.__version__}, Transformers {transformers.__version__}",
        "command": "interop/jinja/fixtures.py",
        "date": str(datetime.date.today()),
        "now": datetime.datetime(*NOW).isoformat(),
    }
    with open(path, "w", encoding="utf-8") as out:
        # One value a line.
        out.write('{\n"provenance": ' + json.dumps(provenance))
        for key, value in content.items():
            out.write(f",\n{json.dumps(key)}: ")
            if isinstance(value, list):
                out.write("[\n" + ",\n".join(json.dumps(v, ensure_ascii=True) for v in value) + "\n]")
            else:
                out.write(json.dumps(value, ensure_ascii=True))
        out.write("\n}\n")


root = Path(__file__).resolve().parents[2]
resources = root / "tokenizer/src/test/resources/dev/lqmf/tokenizer/jinja"
directory = Path(sys.argv[1]) if len(sys.argv) > 1 else resources

cases = [
    {"group": group, "template": template, **outcome(template, VARIABLES)}
    for group, templates in CASES.items()
    for template in templates
]
write(directory / "cases.json", {"variables": VARIABLES, "cases": cases})

chats = []
for file in sorted(directory.glob("*.jinja")):
    for name, turns in CONVERSATIONS.items():
        messages = [{"role": role, "content": content} for role, content in turns]
        for prompt in (True, False):
            variables = {
                "messages": messages,
                "tools": None,
                "documents": None,
                "add_generation_prompt": prompt,
                **TOKENS,
            }
            chats.append(
                {
                    "template": file.name,
                    "conversation": name,
                    "add_generation_prompt": prompt,
                    **outcome(file.read_text(encoding="utf-8"), variables),
                }
            )
write(
    directory / "chats.json",
    {"special_tokens": TOKENS, "conversations": CONVERSATIONS, "chats": chats},
)
print(len(cases), "cases,", len(chats), "chats")
