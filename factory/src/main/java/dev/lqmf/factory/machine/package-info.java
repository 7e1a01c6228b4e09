/** What this machine has, and what follows from it for running and making models. */
@NullMarked
package dev.lqmf.factory.machine;

import org.jspecify.annotations.NullMarked;
