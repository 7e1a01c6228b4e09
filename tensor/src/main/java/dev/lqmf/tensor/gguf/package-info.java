/**
 * GGUF, the file format of ggml and llama.cpp: typed metadata, a table of tensors, aligned data.
 *
 * <p>Definition: ggml's {@code docs/gguf.md} and {@code src/gguf.cpp}. Versions 2 and 3 are read,
 * version 3 is written, little-endian only.
 */
@NullMarked
package dev.lqmf.tensor.gguf;

import org.jspecify.annotations.NullMarked;
