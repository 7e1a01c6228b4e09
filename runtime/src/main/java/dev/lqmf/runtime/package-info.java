/** Opening a finished model to generate text. */
@NullMarked
package dev.lqmf.runtime;

import org.jspecify.annotations.NullMarked;
