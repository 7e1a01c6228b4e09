#!/usr/bin/env bash
# Loads what LQMF writes in llama.cpp: the example models in several types, whose continuations have to
# be those that LQMF itself generates, and a tiny model of every architecture, whose continuations have
# to be those of Transformers. llama.cpp comes from npm, as node-llama-cpp with its prebuilt library.
#
#   interop/load/load.sh
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
golden=$root/model/src/test/resources/dev/lqmf/model/golden
references=$root/testkit/src/main/resources/dev/lqmf/testkit/arch
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

version=3.22.1
cp "$here/load.mjs" "$work/"
(cd "$work" && npm init -y >/dev/null &&
  npm install --silent --no-audit --no-fund --ignore-scripts --omit=optional \
    "node-llama-cpp@$version" "@node-llama-cpp/linux-x64@$version")

# Generates the same as the reference model does, but for these:
#   Mistral, Gemma 2, Gemma 3   GGUF or llama.cpp lose the window or the attention's scale
#   BERT, RoBERTa, T5           no decoder, or one that this program does not drive
#   Phi-3                       llama.cpp refuses a vocabulary without <|endoftext|>
generates() {
  case $1 in
    Mistral* | Gemma* | Bert* | Roberta* | T5*) return 1 ;;
  esac
}

entries=()
entry() { # NAME FILE [KEY VALUE]...
  entries+=("$(python3 -c 'import json, sys
a = sys.argv[1:]
print(json.dumps(dict(zip(["name", "file"] + a[2::2], a[:2] + a[3::2]))))' "$@")")
}

prompt="The kernel module"
for model in docs-llama-4m docs-gpt2-4m; do
  types=F16,Q8_0,Q6_K,Q5_K_M,Q4_K_M,IQ4_XS,Q3_K_M,Q2_K
  "$root/lqmf" quantize "$root/examples/models/$model" -t $types --no-test -o "$work/out" >/dev/null 2>&1
  for type in ${types//,/ }; do
    # The llama.cpp inside LQMF is older, and wants an output matrix of its own in a gpt2, so that torch
    # runs it, with activations in float32: with few bits the texts part.
    if [ $model = docs-gpt2-4m ] && [ $type != F16 ] && [ $type != Q8_0 ]; then
      entry "$model $type" "$work/out/${model}_gguf_$type/$model-$type.gguf"
      continue
    fi
    result=$work/out/${model}_gguf_$type
    text=$("$root/lqmf" run "$result" "$prompt" --temperature 0 -n 20 2>/dev/null; echo .)
    text=${text%.}
    entry "$model $type" "$result/$model-$type.gguf" prompt "$prompt" text "${text%$'\n'}"
  done
done
for directory in "$golden"/*/; do
  name=$(basename "$directory")
  if [ "$name" = Phi3ForCausalLM ]; then
    continue
  fi
  if ! "$root/lqmf" quantize "$directory" -t F32,Q8_0 --no-test -o "$work/out" >"$work/log" 2>&1; then
    grep -q 'llama.cpp has no architecture for' "$work/log" && continue
    cat "$work/log"
    exit 1
  fi
  entry "$name Q8_0" "$work/out/${name}_gguf_Q8_0/$name-Q8_0.gguf"
  if generates "$name"; then
    entry "$name F32" "$work/out/${name}_gguf_F32/$name-F32.gguf" \
      reference "$references/$name/expected.safetensors"
  else
    entry "$name F32" "$work/out/${name}_gguf_F32/$name-F32.gguf"
  fi
done

(IFS=, && echo "[${entries[*]}]") >"$work/list.json"
node "$work/load.mjs" "$work/list.json"
