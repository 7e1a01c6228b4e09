package dev.lqmf.factory.feedback;

import dev.lqmf.factory.eval.ContinuationScorer;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tokenizer.ChatMessage;
import dev.lqmf.tokenizer.ChatTemplate;
import dev.lqmf.tokenizer.TextTokenizer;
import dev.lqmf.torch.TorchModel;
import dev.lqmf.torch.TorchOptions;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** How likely the baseline finds what a model answered. */
final class SelfPerplexity {
  private SelfPerplexity() {}

  /**
   * A text and what it was answered.
   *
   * @param prompt as it was asked, before a chat template
   * @param text the answer
   */
  record Exchange(String prompt, String text) {}

  /**
   * e to the mean of −ln p(token), over the tokens of all answers, each after its prompt.
   *
   * @return empty if no answer has a text that the baseline can read
   * @throws InputException if the baseline cannot be opened
   */
  static OptionalDouble of(Path baseline, List<Exchange> exchanges) throws IOException {
    double sum = 0;
    int tokens = 0;
    try (StoredModel stored = StoredModel.open(baseline, "baseline");
        TextTokenizer tokenizer = stored.tokenizer().open();
        TorchModel model =
            TorchModel.open(stored.network(), stored.weights(), TorchOptions.DEFAULTS)) {
      Optional<ChatTemplate> template = stored.chatTemplate().read();
      ContinuationScorer scorer = new ContinuationScorer(model, tokenizer);
      for (Exchange each : exchanges) {
        if (each.text().isBlank()) {
          continue;
        }
        String context =
            template
                .map(t -> t.render(List.of(new ChatMessage("user", each.prompt())), true))
                .orElse(each.prompt());
        try {
          ContinuationScorer.Score score = scorer.score(context, each.text(), template.isPresent());
          sum += score.logLikelihood();
          tokens += score.tokens();
        } catch (InputException e) {
          // It is longer than what the baseline reads: the others tell enough.
        }
      }
    }
    return tokens == 0 ? OptionalDouble.empty() : OptionalDouble.of(Math.exp(-sum / tokens));
  }
}
