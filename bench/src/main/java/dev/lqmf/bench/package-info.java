/** JMH benchmarks of the hot loops. */
@NullMarked
package dev.lqmf.bench;

import org.jspecify.annotations.NullMarked;
