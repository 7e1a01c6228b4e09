/** How the events of a job reach everybody who wants them. */
@NullMarked
package dev.lqmf.factory.event;

import org.jspecify.annotations.NullMarked;
