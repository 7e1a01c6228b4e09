/** Which type each tensor of a GGUF gets: llama.cpp's file types and its rules. */
@NullMarked
package dev.lqmf.quant.mix;

import org.jspecify.annotations.NullMarked;
