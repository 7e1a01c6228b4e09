/** The command line: picocli commands over the factory. */
@NullMarked
package dev.lqmf.app;

import org.jspecify.annotations.NullMarked;
