/** What is running, what was cut short, and how it goes on. */
@NullMarked
package dev.lqmf.factory.execute;

import org.jspecify.annotations.NullMarked;
