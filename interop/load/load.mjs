// Loads GGUF files of LQMF's in llama.cpp, and compares what it generates.
//
//   node load.mjs LIST.json
//
// LIST.json: [{"name", "file", "reference"?, "prompt"?, "text"?}]. A reference is an expected.safetensors
// of Transformers: llama.cpp continues its input_ids greedily, and has to find the ids `generated`. With
// a prompt, llama.cpp continues that, and has to write the text, which is what LQMF wrote.
import fs from "node:fs";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";

const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.disabled });
const passed = [];
const failed = [];

/** The int64 tensor of that name in a safetensors file, as numbers. */
function ids(file, name) {
  const bytes = fs.readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const [begin, end] = JSON.parse(bytes.subarray(8, 8 + length))[name].data_offsets;
  const result = [];
  for (let i = 8 + length + begin; i < 8 + length + end; i += 8) {
    result.push(Number(bytes.readBigInt64LE(i)));
  }
  return result;
}

/** The likeliest tokens after some. */
async function greedy(model, tokens, count) {
  const context = await model.createContext({ contextSize: 256, threads: 2, flashAttention: false });
  const result = [];
  for await (const token of context.getSequence().evaluate(tokens, {
    temperature: 0,
    yieldEogToken: true,
  })) {
    result.push(token);
    if (result.length === count) {
      break;
    }
  }
  await context.dispose();
  return result;
}

for (const { name, file, reference, prompt, text } of JSON.parse(fs.readFileSync(process.argv[2]))) {
  try {
    const model = await llama.loadModel({ modelPath: file });
    if (reference) {
      const expected = ids(reference, "generated");
      const actual = await greedy(model, ids(reference, "input_ids"), expected.length);
      if (actual.join() !== expected.join()) {
        throw new Error(`generated ${actual}, not ${expected}`);
      }
    }
    if (prompt) {
      const begin = model.tokens.shouldPrependBosToken ? [model.tokens.bos] : [];
      const tokens = [...begin, ...model.tokenize(prompt, true)];
      const actual = model.detokenize(await greedy(model, tokens, 20));
      if (actual !== text) {
        throw new Error(`wrote ${JSON.stringify(actual)}, where LQMF wrote ${JSON.stringify(text)}`);
      }
    }
    await model.dispose();
    passed.push(name);
    console.log(`ok   ${name} in llama.cpp`);
  } catch (e) {
    failed.push(name);
    console.log(`FAIL ${name} in llama.cpp: ${e.message}`);
  }
}
console.log(`${passed.length} passed, ${failed.length} failed`);
process.exit(failed.length > 0 || passed.length === 0 ? 1 : 0);
