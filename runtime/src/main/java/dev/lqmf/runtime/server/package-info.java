/** Running models by {@code llama-server} of llama.cpp, where it is installed. */
@NullMarked
package dev.lqmf.runtime.server;

import org.jspecify.annotations.NullMarked;
