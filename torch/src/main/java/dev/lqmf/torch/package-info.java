/**
 * Runs models with libtorch: executes a {@link dev.lqmf.model.network.Network}, block by block, and
 * generates text. The only package that sees {@code org.bytedeco}.
 *
 * <p>Native memory is freed when it is no longer needed, not when the garbage collector finds out:
 * every tensor belongs to a {@link org.bytedeco.javacpp.PointerScope}, or to an object with {@code
 * close()}.
 */
@NullMarked
package dev.lqmf.torch;

import org.jspecify.annotations.NullMarked;
