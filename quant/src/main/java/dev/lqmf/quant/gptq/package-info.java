/** The layout of GPTQ checkpoints, as GPTQModel writes and reads them. */
@NullMarked
package dev.lqmf.quant.gptq;

import org.jspecify.annotations.NullMarked;
