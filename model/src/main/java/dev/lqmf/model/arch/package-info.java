/**
 * The families of models, one file each: names of its classes, defaults of its configurations, what
 * it computes, how it becomes a GGUF. {@code Olmo} is a short one to begin with. Where the
 * description of what a family computes is long, it stands beside it in a file ending in {@code
 * Network}.
 *
 * <p>A new family is a new file, or a method in a relative's, and a line in {@link
 * dev.lqmf.model.arch.Families}. It is put together from what families share: {@code DecoderShape}
 * and {@code Rotaries} for what is computed, {@code Decoder}, {@code Parameters}, {@code
 * Transforms} and {@code Configurations} for GGUF.
 */
@NullMarked
package dev.lqmf.model.arch;

import org.jspecify.annotations.NullMarked;
