/** What the tests of several modules share. */
@NullMarked
package dev.lqmf.testkit;

import org.jspecify.annotations.NullMarked;
