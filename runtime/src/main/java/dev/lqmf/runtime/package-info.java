/**
 * Opening a finished model to generate text.
 *
 * <p>A {@link dev.lqmf.runtime.Runtime} opens a file; the {@link dev.lqmf.runtime.Session} it
 * returns generates.
 */
@NullMarked
package dev.lqmf.runtime;

import org.jspecify.annotations.NullMarked;
