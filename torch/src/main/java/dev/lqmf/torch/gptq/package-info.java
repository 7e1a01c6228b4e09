/** GPTQ: quantizing a model block by block, and running what was quantized. */
@NullMarked
package dev.lqmf.torch.gptq;

import org.jspecify.annotations.NullMarked;
