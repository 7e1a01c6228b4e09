package dev.lqmf.factory.bench;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tokenizer.TextTokenizer;
import dev.lqmf.torch.Activations;
import dev.lqmf.torch.Logits;
import dev.lqmf.torch.TorchModel;
import java.io.IOException;
import java.util.Arrays;

/**
 * How likely a model finds the choices of a question, as lm-evaluation-harness computes it (its
 * {@code TemplateLM._encode_pair}): a space and the choice follow the context and are encoded
 * together with it; whatever comes after as many tokens as the context alone has is the choice's. A
 * text begins with the model's first token if its tokenizer adds one.
 */
final class ChoiceScorer {
  private static final int NO_LIMIT = Integer.MAX_VALUE;

  private final TorchModel model;
  private final TextTokenizer tokenizer;

  ChoiceScorer(TorchModel model, TextTokenizer tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
  }

  /** ln p(choice | context) of each choice. */
  double[] logLikelihoods(ChoiceQuestion question) throws IOException {
    // Spaces before a choice are the choice's.
    int before = encode(question.context().stripTrailing()).length;
    double[] values = new double[question.choices().size()];
    for (int i = 0; i < values.length; i++) {
      int[] whole = encode(question.context() + " " + question.choices().get(i));
      values[i] = logLikelihood(whole, Math.min(before, whole.length - 1));
    }
    return values;
  }

  /** ln p of the tokens from {@code first} on; the oldest ones are left out of what is too long. */
  private double logLikelihood(int[] whole, int first) throws IOException {
    int limit = model.network().maxLength().orElse(NO_LIMIT);
    int count = whole.length - first;
    int inputs = Math.min(whole.length - 1, limit);
    if (first == 0 || count > inputs) {
      throw new InputException(
          "a choice of %d tokens cannot be scored after %d".formatted(count, first),
          "shorten the choice, or give the question more text");
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
    return sum;
  }

  private int[] encode(String text) {
    int[] ids = tokenizer.encode(text, false);
    if (!tokenizer.addsBos()) {
      return ids;
    }
    int[] begun = new int[ids.length + 1];
    begun[0] = tokenizer.bos().orElseThrow();
    System.arraycopy(ids, 0, begun, 1, ids.length);
    return begun;
  }
}
