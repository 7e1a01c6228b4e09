/**
 * What a model computes, as data: embeddings, blocks of attention and MLPs, norms, head. Whoever
 * executes a {@link dev.lqmf.model.network.Network} needs to know no model family, and whoever
 * describes a family needs to know no execution.
 */
@NullMarked
package dev.lqmf.model.network;

import org.jspecify.annotations.NullMarked;
