/** What turns a request into files: recipes, jobs, their events. */
@NullMarked
package dev.lqmf.factory;

import org.jspecify.annotations.NullMarked;
