/**
 * The formats on the Vector API: the same bytes as {@link dev.lqmf.quant.format}, several times
 * faster, because every lane carries out the sequential computation of a block of its own.
 */
@NullMarked
package dev.lqmf.quant.vector;

import org.jspecify.annotations.NullMarked;
