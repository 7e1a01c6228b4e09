/** Text to tokens and back, as Hugging Face's own library does it. */
@NullMarked
package dev.lqmf.tokenizer;

import org.jspecify.annotations.NullMarked;
