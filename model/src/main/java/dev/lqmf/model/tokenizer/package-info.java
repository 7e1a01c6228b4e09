/** Tokenizers of Hugging Face checkpoints as GGUF vocabularies. */
@NullMarked
package dev.lqmf.model.tokenizer;

import org.jspecify.annotations.NullMarked;
