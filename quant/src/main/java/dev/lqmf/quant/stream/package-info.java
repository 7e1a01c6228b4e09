/**
 * The streaming engine: every slab of the input is read once, turned into float32 once, encoded for
 * every output and written at its place. Memory is a few slabs per thread, whatever the model's
 * size, and the bytes do not depend on the number of threads.
 */
@NullMarked
package dev.lqmf.quant.stream;

import org.jspecify.annotations.NullMarked;
