/** The part of Jinja2 that chat templates use, with Python's values and their semantics. */
@NullMarked
package dev.lqmf.tokenizer.jinja;

import org.jspecify.annotations.NullMarked;
