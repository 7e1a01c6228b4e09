/**
 * Named tensors, streamed in and out of files.
 *
 * <p>A {@link dev.lqmf.tensor.TensorSource} lists tensors and reads ranges of their bytes; a {@link
 * dev.lqmf.tensor.TensorSink} knows the whole layout of its file beforehand and takes the bytes in
 * any order. Nothing here computes: the meaning of the bytes is the quant module's.
 */
@NullMarked
package dev.lqmf.tensor;

import org.jspecify.annotations.NullMarked;
