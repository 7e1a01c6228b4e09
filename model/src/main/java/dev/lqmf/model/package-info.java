/**
 * Hugging Face models as LQMF sees them: configuration, architectures as tables, tokenizers, and
 * the view of a checkpoint as the GGUF that llama.cpp's converter would make of it.
 */
@NullMarked
package dev.lqmf.model;

import org.jspecify.annotations.NullMarked;
