/**
 * Running models in a process of their own, so that a crash of native code, or running out of
 * memory, ends that process and not the program.
 *
 * <p>{@link dev.lqmf.runtime.worker.WorkerRuntime} starts the process, whose main class is {@link
 * dev.lqmf.runtime.worker.Worker}; they talk over a local socket, since native libraries print
 * where they like.
 */
@NullMarked
package dev.lqmf.runtime.worker;

import org.jspecify.annotations.NullMarked;
