/** What a terminal shows: styles, tables, sizes, the progress bar. */
@NullMarked
package dev.lqmf.app.term;

import org.jspecify.annotations.NullMarked;
