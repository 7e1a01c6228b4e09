/**
 * What LQMF exists for: storage formats of quantized weights, byte-identical to those of the
 * programs that read them.
 */
@NullMarked
package dev.lqmf.quant;

import org.jspecify.annotations.NullMarked;
