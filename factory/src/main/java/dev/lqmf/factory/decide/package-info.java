/** What a typed line asks for: rules first, a language model only where they do not understand. */
@NullMarked
package dev.lqmf.factory.decide;

import org.jspecify.annotations.NullMarked;
