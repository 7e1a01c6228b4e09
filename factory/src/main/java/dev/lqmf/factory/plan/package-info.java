/** What to make of a model so that it fits: memory, plans, and why. */
@NullMarked
package dev.lqmf.factory.plan;

import org.jspecify.annotations.NullMarked;
