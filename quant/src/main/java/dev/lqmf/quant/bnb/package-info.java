/**
 * The formats of bitsandbytes: four bits in blocks (NF4, FP4), scales of eight bits (double
 * quantization), rows of eight bits. Encoders give the bytes of the library's CPU backend, version
 * 0.50.
 */
@NullMarked
package dev.lqmf.quant.bnb;

import org.jspecify.annotations.NullMarked;
