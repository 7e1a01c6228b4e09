/** What the program prints: styles, tables, numbers, the progress bar, JSON. */
@NullMarked
package dev.lqmf.app.output;

import org.jspecify.annotations.NullMarked;
