#!/usr/bin/env python3
"""Records which type llama-quantize gives every tensor, for models of many shapes.

    mix_types.py LLAMA_QUANTIZE OUTPUT.txt.gz

Models are GGUF files with a true header and a hole for the weights; `llama-quantize --dry-run`
decides from the header alone. Needs the Python package gguf. The output is read by MixRulesTest:

    model NAME ARCHITECTURE LAYERS PREDICTION_LAYERS EXPERTS HEADS KEY_VALUE_HEADS
    tensor NAME DIMENSIONS TYPE       outermost dimension first, in llama-quantize's order
    run FILE_TYPE OPTIONS…
    types LETTERS                     one per tensor: a is the key's first type, and so on
"""

import gzip
import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import gguf

FILE_TYPES = """F32 F16 BF16 Q8_0 Q4_0 Q4_1 Q5_0 Q5_1 Q2_K Q2_K_S Q3_K_S Q3_K_M Q3_K_L Q4_K_S Q4_K_M
    Q5_K_S Q5_K_M Q6_K IQ4_NL IQ4_XS TQ1_0 TQ2_0 MXFP4_MOE""".split()

TYPES = """F32 F16 BF16 Q8_0 Q4_0 Q4_1 Q5_0 Q5_1 Q2_K Q3_K Q4_K Q5_K Q6_K IQ4_NL IQ4_XS TQ1_0 TQ2_0
    MXFP4""".split()

# Every file type is run with the first two; the others with a few file types.
EVERYWHERE = [[], ["--imatrix"]]
OPTIONS = [
    ["--pure"],
    ["--leave-output-tensor"],
    ["--output-tensor-type", "Q5_K"],
    ["--output-tensor-type", "F16", "--token-embedding-type", "Q4_0"],
    ["--token-embedding-type", "F32"],
    ["--tensor-type", "attn_v=Q8_0"],
    ["--tensor-type", r"blk\.[0-2]\.FFN_down=Q6_K", "--tensor-type", "ffn=F16"],
    ["--tensor-type", "token_embd=Q4_1", "--token-embedding-type", "Q5_1", "--pure"],
    ["--leave-output-tensor", "--output-tensor-type", "Q8_0", "--imatrix"],
]
FEW = ["Q4_K_M", "Q3_K_M", "Q8_0", "F16", "MXFP4_MOE", "Q2_K"]


def transformer(layers, width, ffn, heads, kv, vocab=1024, tied=False, qkv=False, bias=False,
                experts=0, shared=0, split_experts=False, gate=True):
    head = width // heads
    t = [("token_embd.weight", [vocab, width]), ("output_norm.weight", [width])]
    if not tied:
        t.append(("output.weight", [vocab, width]))
    for i in range(layers):
        b = f"blk.{i}."
        t.append((b + "attn_norm.weight", [width]))
        if qkv:
            t.append((b + "attn_qkv.weight", [width + 2 * kv * head, width]))
        else:
            t += [(b + "attn_q.weight", [width, width]),
                  (b + "attn_k.weight", [kv * head, width]),
                  (b + "attn_v.weight", [kv * head, width])]
        t.append((b + "attn_output.weight", [width, width]))
        if bias:
            t.append((b + "attn_output.bias", [width]))
        t.append((b + "ffn_norm.weight", [width]))
        if experts:
            t.append((b + "ffn_gate_inp.weight", [experts, width]))
        if experts and split_experts:
            for e in range(experts):
                t += [(b + f"ffn_gate.{e}.weight", [ffn, width]),
                      (b + f"ffn_down.{e}.weight", [width, ffn]),
                      (b + f"ffn_up.{e}.weight", [ffn, width])]
        elif experts:
            t += [(b + "ffn_gate_exps.weight", [experts, ffn, width]),
                  (b + "ffn_down_exps.weight", [experts, width, ffn]),
                  (b + "ffn_up_exps.weight", [experts, ffn, width])]
            if shared:
                t += [(b + "ffn_gate_inp_shexp.weight", [width]),
                      (b + "ffn_gate_shexp.weight", [shared, width]),
                      (b + "ffn_down_shexp.weight", [width, shared]),
                      (b + "ffn_up_shexp.weight", [shared, width])]
        else:
            if gate:
                t.append((b + "ffn_gate.weight", [ffn, width]))
            t += [(b + "ffn_down.weight", [width, ffn]), (b + "ffn_up.weight", [ffn, width])]
    return t


def model(name, arch, layers, heads, kv, tensors, experts=0, stored="F16", nextn=0, **keys):
    return dict(name=name, arch=arch, layers=layers, heads=heads, kv=kv, tensors=tensors,
                experts=experts, stored=stored, nextn=nextn, keys=keys)


def models():
    t = transformer
    yield model("mha", "llama", 12, 8, 8, t(12, 256, 512, 8, 8))
    yield model("mha-tied", "llama", 9, 8, 8, t(9, 512, 768, 8, 8, tied=True), stored="BF16")
    yield model("gqa4", "llama", 32, 32, 8, t(32, 512, 1536, 32, 8))
    yield model("gqa2-tied", "llama", 22, 8, 4, t(22, 256, 512, 8, 4, tied=True))
    yield model("gqa8", "llama", 7, 16, 2, t(7, 256, 512, 16, 2), stored="F32")
    yield model("one-layer", "llama", 1, 4, 1, t(1, 256, 512, 4, 1))
    yield model("llama-65b", "llama", 80, 8, 8, t(80, 256, 512, 8, 8))
    yield model("llama-70b", "llama", 80, 64, 8, t(80, 512, 512, 64, 8))
    yield model("qwen2-72b", "qwen2", 80, 8, 8, t(80, 256, 512, 8, 8))
    yield model("mixtral", "llama", 32, 32, 8, t(32, 256, 512, 32, 8, experts=8), experts=8)
    yield model("mixtral-split", "llama", 8, 8, 2, t(8, 256, 512, 8, 2, experts=8,
                split_experts=True), experts=8)
    yield model("mixtral-80", "llama", 80, 64, 8, t(80, 512, 256, 64, 8, experts=8), experts=8)
    yield model("four-experts", "llama", 12, 8, 8, t(12, 256, 512, 8, 8, experts=4), experts=4)
    yield model("qwen2moe", "qwen2moe", 24, 16, 16, t(24, 256, 512, 16, 16, experts=60, shared=768),
                experts=60)
    yield model("falcon", "falcon", 32, 71, 1, t(32, 71 * 64, 512, 71, 1, qkv=True, gate=False))
    yield model("falcon-tied", "falcon", 60, 8, 4, t(60, 256, 512, 8, 4, qkv=True, gate=False,
                tied=True))
    yield model("gpt2", "gpt2", 12, 12, 12, t(12, 768, 3072, 12, 12, qkv=True, bias=True, gate=False,
                tied=True) + [("position_embd.weight", [128, 768])], stored="F32")
    yield model("phi3", "phi3", 16, 8, 8, t(16, 256, 512, 8, 8, qkv=True, gate=False))
    for width in (288, 192, 96, 80, 48):
        yield model(f"rows-{width}", "llama", 9, 4, 2, t(9, width, 2 * width + 16, 4, 2))
        yield model(f"rows-{width}-tied", "llama", 9, 4, 4, t(9, width, 320, 4, 4, tied=True))
    mla = t(5, 256, 512, 8, 8)
    for i in range(5):
        mla += [(f"blk.{i}.attn_kv_b.weight", [512, 256]), (f"blk.{i}.attn_k_b.weight", [8, 64, 256]),
                (f"blk.{i}.attn_v_b.weight", [8, 64, 256])]
    yield model("deepseek2", "deepseek2", 5, 8, 8, mla)
    odd = t(4, 256, 512, 4, 4) + [
        (f"blk.0.{n}", [256, 256]) for n in
        ("time_mix_w1.weight", "ssm_conv1d.weight", "ssm_in.weight", "altup_proj.weight",
         "laurel_l.weight", "attn_rel_b.weight", "inp_gate.weight", "shortconv.conv.weight",
         "indexer.k_proj.weight", "indexer.proj.weight", "attn_k.bias", "attn_sinks",
         "attn_q_norm.weight", "ffn_gate_tid2eid.weight")
    ] + [("per_layer_token_embd.weight", [1024, 512]), ("per_layer_model_proj.weight", [512, 256]),
         ("position_embd.weight", [128, 256]), ("token_types.weight", [2, 256]),
         ("v.patch_embd.weight", [256, 256]), ("v.position_embd.weight", [256, 256]),
         ("mm.a.code_embd.weight", [256, 256]), ("rope_freqs.weight", [32]),
         ("enc.blk.0.ffn_down.weight", [256, 512]), ("enc.blk.0.attn_v.weight", [256, 256]),
         ("cls.weight", [1, 256]), ("cls.output.weight", [2, 256])]
    yield model("odd-names", "llama", 4, 4, 4, odd)
    yield model("odd-names-tied", "llama", 4, 4, 4, [x for x in odd if x[0] != "output.weight"])
    yield model("stored-q8_0", "llama", 8, 8, 2, t(8, 256, 512, 8, 2), stored="Q8_0")


def write(path, m):
    w = gguf.GGUFWriter(str(path), m["arch"])
    w.add_context_length(2048)
    w.add_embedding_length(m["tensors"][0][1][-1])
    w.add_block_count(m["layers"])
    w.add_feed_forward_length(1024)
    w.add_head_count(m["heads"])
    w.add_head_count_kv(m["kv"])
    w.add_layer_norm_rms_eps(1e-5)
    w.add_layer_norm_eps(1e-5)
    w.add_vocab_size(1024)
    if m["experts"]:
        w.add_expert_count(m["experts"])
        w.add_expert_used_count(2)
    if m["arch"] == "deepseek2":
        w.add_leading_dense_block_count(5)
        w.add_kv_lora_rank(64)
        w.add_q_lora_rank(64)
        w.add_expert_feed_forward_length(64)
        w.add_expert_shared_count(0)
        w.add_expert_weights_scale(1.0)
    size = 0
    for name, dims in m["tensors"]:
        stored = m["stored"] if len(dims) > 1 else "F32"
        if dims[-1] % 32 and stored == "Q8_0":
            stored = "F16"
        block, nbytes = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[stored]]
        elements = 1
        for d in dims:
            elements *= d
        length = elements // block * nbytes
        shape = dims[:-1] + [dims[-1] // block * nbytes] if stored not in ("F32", "F16") else dims
        w.add_tensor_info(name, shape, gguf.np.dtype("uint8"), length,
                          gguf.GGMLQuantizationType[stored]) if block > 1 else w.add_tensor_info(
            name, dims, gguf.np.dtype("float32"), length, gguf.GGMLQuantizationType[stored])
        size += -(-length // 32) * 32
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_ti_data_to_file()
    w.close()
    with open(path, "r+b") as f:
        f.truncate(f.seek(0, 2) // 32 * 32 + 32 + size)


LINE = re.compile(r"\[ *\d+/ *\d+\] (\S+) +- \[ *([\d, ]+)\], type = *(\S+), size = .*?(?:\((\w+)\))?$")


def dry_run(quantize, path, imatrix, file_type, options):
    args = [a for o in options for a in ([o, str(imatrix)] if o == "--imatrix" else [o])]
    out = subprocess.run([quantize, "--dry-run", *args, str(path), file_type],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    # Warnings about manual overrides and fallbacks come in the middle of a line or before it.
    rows = [LINE.search(line) for line in out.stdout.splitlines()]
    rows = [r.groups() for r in rows if r]
    if out.returncode != 0:
        raise SystemExit(f"{path.name} {file_type} {options}: {out.stdout[-2000:]}")
    return rows


def main():
    quantize, output = sys.argv[1:]
    version = subprocess.run([quantize, "--dry-run", "/dev/null", "Q8_0"], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True).stdout
    version = next((x for x in version.splitlines() if "version" in x or "build" in x), "unknown")
    with tempfile.TemporaryDirectory() as tmp, \
            gzip.GzipFile(output, "wb", mtime=0) as zipped, io.TextIOWrapper(zipped) as f:
        tmp = Path(tmp)
        imatrix = tmp / "some.dat"
        imatrix.write_bytes(b"\1\0\0\0" b"\4\0\0\0none" b"\1\0\0\0" b"\1\0\0\0" b"\0\0\x80\x3f")
        f.write(f"# llama-quantize --dry-run, {version.strip()}\n")
        f.write("# made by interop/mix_types.py; do not edit\n")
        f.write("key " + " ".join(TYPES) + "\n")
        for m in models():
            path = tmp / (m["name"] + ".gguf")
            write(path, m)
            first = dry_run(quantize, path, imatrix, "Q8_0", [])
            assert len(first) == len(m["tensors"]), (m["name"], len(first), len(m["tensors"]))
            f.write(f"model {m['name']} {m['arch']} {m['layers']} {m['nextn']} {m['experts']} "
                    f"{m['heads']} {m['kv']}\n")
            dims_of = dict(m["tensors"])
            for name, _, stored, _ in first:
                f.write(f"tensor {name} {'x'.join(map(str, dims_of[name]))} {stored.upper()}\n")
            runs = [(t, o) for o in EVERYWHERE for t in FILE_TYPES]
            if m["layers"] < 40:
                runs += [(t, o) for o in OPTIONS for t in FEW]
            for file_type, options in runs:
                rows = dry_run(quantize, path, imatrix, file_type, options)
                assert [r[0] for r in rows] == [r[0] for r in first]
                types = [(new or stored).upper() for _, _, stored, new in rows]
                f.write(" ".join(["run", file_type, *options]) + "\n")
                f.write("types " + "".join(chr(ord("a") + TYPES.index(t)) for t in types) + "\n")
            print(m["name"], len(runs), flush=True)


if __name__ == "__main__":
    main()
