/** The log: a line of JSON for everything that matters. */
@NullMarked
package dev.lqmf.factory.log;

import org.jspecify.annotations.NullMarked;
