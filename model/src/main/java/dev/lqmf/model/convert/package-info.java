/**
 * What an architecture's table is made of, and how it turns a checkpoint's tensors into those of a
 * GGUF.
 */
@NullMarked
package dev.lqmf.model.convert;

import org.jspecify.annotations.NullMarked;
