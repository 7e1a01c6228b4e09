/** Importance matrices, which say how much the error of each column of a weight matrix matters. */
@NullMarked
package dev.lqmf.quant.imatrix;

import org.jspecify.annotations.NullMarked;
