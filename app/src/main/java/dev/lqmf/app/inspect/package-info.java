/** What {@code lqmf inspect} shows of a model file or directory. */
@NullMarked
package dev.lqmf.app.inspect;

import org.jspecify.annotations.NullMarked;
