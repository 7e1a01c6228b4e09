/** The prompt: lines that people type, turned into commands. */
@NullMarked
package dev.lqmf.app.prompt;

import org.jspecify.annotations.NullMarked;
