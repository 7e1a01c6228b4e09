/**
 * What has been run, with which recipe, and what came out; and what that says about the next run.
 */
@NullMarked
package dev.lqmf.factory.memory;

import org.jspecify.annotations.NullMarked;
