package dev.lqmf.factory.eval;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tokenizer.TextTokenizer;
import dev.lqmf.torch.Activations;
import dev.lqmf.torch.Logits;
import dev.lqmf.torch.TorchModel;
import java.io.IOException;
import java.util.Arrays;

/**
 * How likely a model finds a text after another, as lm-evaluation-harness computes it (its {@code
 * TemplateLM._encode_pair}): both are encoded as one text; whatever comes after as many tokens as
 * the first alone has is the second's. A text begins with the model's first token if its tokenizer
 * adds one.
 */
public final class ContinuationScorer {
  private static final int NO_LIMIT = Integer.MAX_VALUE;

  private final TorchModel model;
  private final TextTokenizer tokenizer;

  /** A scorer; model and tokenizer stay the caller's to close. */
  public ContinuationScorer(TorchModel model, TextTokenizer tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
  }

  /**
   * What a continuation scores.
   *
   * @param logLikelihood ln p(continuation | context), at most 0
   * @param tokens of the continuation, at least 1
   */
  public record Score(double logLikelihood, int tokens) {}

  /**
   * Scores a text. Of a context that is too long, the oldest tokens are left out.
   *
   * @param context spaces at its end count as the continuation's
   * @param complete whether the context has the model's first token already, as a chat template
   *     writes it
   * @throws InputException if there is no context, or the continuation is longer than what the
   *     model can read
   */
  public Score score(String context, String continuation, boolean complete) throws IOException {
    int before = encode(context.stripTrailing(), complete).length;
    int[] whole = encode(context + continuation, complete);
    int first = Math.min(before, whole.length - 1);
    int limit = model.network().maxLength().orElse(NO_LIMIT);
    int count = whole.length - first;
    int inputs = Math.min(whole.length - 1, limit);
    if (first <= 0 || count > inputs) {
      throw new InputException(
          "a text of %d tokens cannot be scored after %d".formatted(count, first),
          "shorten it, or give it more context");
    }
    int end = whole.length - 1;
    int[] ids = Arrays.copyOfRange(whole, end - inputs, end);
    int[] targets = Arrays.copyOfRange(whole, first, whole.length);
    double sum = 0;
    try (Activations hidden = model.hidden(new int[][] {ids});
        Logits logits = model.logits(hidden, inputs - count, count)) {
      for (float value : logits.logProbabilities(targets)) {
        sum += value;
      }
    }
    return new Score(sum, count);
  }

  private int[] encode(String text, boolean complete) {
    int[] ids = tokenizer.encode(text, false);
    if (complete || !tokenizer.addsBos()) {
      return ids;
    }
    int[] begun = new int[ids.length + 1];
    begun[0] = tokenizer.bos().orElseThrow();
    System.arraycopy(ids, 0, begun, 1, ids.length);
    return begun;
  }
}
