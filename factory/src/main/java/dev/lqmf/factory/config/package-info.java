/** Settings: one table of them, and where their values come from. */
@NullMarked
package dev.lqmf.factory.config;

import org.jspecify.annotations.NullMarked;
