/** Describing results: a card beside the weights, which says how they were made and measured. */
@NullMarked
package dev.lqmf.factory.docs;

import org.jspecify.annotations.NullMarked;
