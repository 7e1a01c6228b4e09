#!/usr/bin/env python3
"""Lists what a GGUF file holds, as JSON.

    listing.py LLAMA_CPP FILE.gguf OUTPUT.json

`metadata`: key, type (of an array also that of its elements) and value, of an array of bytes their
SHA-256; `tensors`: name, shape
(innermost first), type and SHA-256 of the bytes. Both in the order of the file.
"""

import hashlib
import json
import sys
from pathlib import Path


def write_listing(llama_cpp, file, output):
    sys.path.insert(0, str(Path(llama_cpp) / "gguf-py"))
    import gguf

    reader = gguf.GGUFReader(file)
    def value(field):
        contents = field.contents()
        bytes_only = field.types[-1].name == "UINT8" and isinstance(contents, list)
        return hashlib.sha256(bytes(contents)).hexdigest() if bytes_only else contents

    metadata = [
        {"key": key, "type": [t.name for t in field.types], "value": value(field)}
        for key, field in reader.fields.items() if not key.startswith("GGUF.")]
    tensors = [
        {"name": t.name, "shape": [int(n) for n in t.shape], "type": t.tensor_type.name,
         "sha256": hashlib.sha256(t.data.tobytes()).hexdigest()} for t in reader.tensors]
    lines = ['{"metadata": [']
    lines.append(",\n".join(json.dumps(m, ensure_ascii=False) for m in metadata))
    lines.append('], "tensors": [')
    lines.append(",\n".join(json.dumps(t) for t in tensors))
    lines.append("]}")
    Path(output).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_listing(*sys.argv[1:])
