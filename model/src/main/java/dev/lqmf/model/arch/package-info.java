/** One table per model family, and what they share. */
@NullMarked
package dev.lqmf.model.arch;

import org.jspecify.annotations.NullMarked;
