/**
 * Comparing variants of one model: what each costs, and how far its answers are from the
 * original's.
 *
 * <p>A {@link dev.lqmf.factory.bench.BenchJob} runs a {@link dev.lqmf.factory.bench.BenchRequest};
 * what it measures stays in a {@link dev.lqmf.factory.bench.BenchStore}.
 */
@NullMarked
package dev.lqmf.factory.bench;

import org.jspecify.annotations.NullMarked;
