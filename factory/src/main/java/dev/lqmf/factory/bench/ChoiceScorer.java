package dev.lqmf.factory.bench;

import dev.lqmf.factory.eval.ContinuationScorer;
import dev.lqmf.tokenizer.TextTokenizer;
import dev.lqmf.torch.TorchModel;
import java.io.IOException;

/**
 * How likely a model finds the choices of a question, as lm-evaluation-harness computes it: a space
 * and the choice follow the context.
 */
final class ChoiceScorer {
  private final ContinuationScorer scorer;

  ChoiceScorer(TorchModel model, TextTokenizer tokenizer) {
    scorer = new ContinuationScorer(model, tokenizer);
  }

  /** ln p(choice | context) of each choice. */
  double[] logLikelihoods(ChoiceQuestion question) throws IOException {
    double[] values = new double[question.choices().size()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          scorer.score(question.context(), " " + question.choices().get(i), false).logLikelihood();
    }
    return values;
  }
}
