/**
 * Every storage format in plain sequential code: the readable definition of its bits, and the
 * oracle that the vector twins are tested against.
 */
@NullMarked
package dev.lqmf.quant.format;

import org.jspecify.annotations.NullMarked;
