/**
 * Tensors as functions of other tensors: renamed, permuted, transposed, stacked, converted to float
 * while they are read, so that a conversion needs no intermediate file.
 */
@NullMarked
package dev.lqmf.model.view;

import org.jspecify.annotations.NullMarked;
