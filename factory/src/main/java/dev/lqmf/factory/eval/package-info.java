/**
 * Measuring models: perplexity, and the distance of a model's predictions from a baseline's.
 *
 * <p>An {@link dev.lqmf.factory.eval.EvalJob} runs an {@link dev.lqmf.factory.eval.EvalRequest} and
 * gives an {@link dev.lqmf.factory.eval.EvalReport}. A way of storing models is a {@link
 * dev.lqmf.torch.stored.StoredModel}.
 */
@NullMarked
package dev.lqmf.factory.eval;

import org.jspecify.annotations.NullMarked;
