package dev.lqmf.factory.eval;

import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.DecodingSession;
import dev.lqmf.torch.Logits;
import dev.lqmf.torch.TorchModel;
import dev.lqmf.torch.TorchOptions;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.util.Arrays;

/** A model in memory, with what it scored so far. */
final class RunningModel implements AutoCloseable {
  private final StoredModel stored;
  private final TorchModel torch;
  private final Scores scores;

  private RunningModel(StoredModel stored, TorchModel torch, Scores scores) {
    this.stored = stored;
    this.torch = torch;
    this.scores = scores;
  }

  /**
   * Loads a model.
   *
   * @param stored stays open
   * @throws InputException if windows are longer than what the model reads
   */
  static RunningModel load(StoredModel stored, Windows windows, Scores scores, TorchOptions options)
      throws IOException {
    int limit = stored.network().maxLength().orElse(Integer.MAX_VALUE);
    if (windows.length() > limit) {
      throw new InputException(
          "%s reads %d tokens at most, not a window of %d"
              .formatted(stored.name(), limit, windows.length()),
          "use smaller windows: --window " + limit);
    }
    return new RunningModel(
        stored, TorchModel.open(stored.network(), stored.weights(), options), scores);
  }

  StoredModel stored() {
    return stored;
  }

  TorchModel torch() {
    return torch;
  }

  Scores scores() {
    return scores;
  }

  /**
   * How far the model is from itself: a window's predictions, made in one pass and token by token
   * with kept keys and values. Both are right; their sums are only rounded in another order. On top
   * comes what float32 rounds when logarithms of probabilities are subtracted: 2⁻²⁴ of their size.
   *
   * @param positions how many predictions to compare
   * @return mean divergence, in nats
   */
  double noise(Windows windows, int positions) throws IOException {
    int[] ids = windows.ids()[0];
    int from = windows.first();
    int count = Math.min(positions, windows.predictions());
    double sum = 0;
    try (var hidden = torch.hidden(new int[][] {ids});
        Logits expected = torch.logits(hidden, from, count);
        DecodingSession session = torch.session()) {
      float[] scores = session.append(Arrays.copyOfRange(ids, 0, from + 1));
      for (int i = 0; i < count; i++) {
        if (i > 0) {
          scores = session.append(new int[] {ids[from + i]});
        }
        sum += divergenceAndRounding(expected.row(i), scores);
      }
    }
    return sum / count;
  }

  private static double divergenceAndRounding(float[] base, float[] other) {
    double baseSum = logSum(base);
    double otherSum = logSum(other);
    double divergence = 0;
    double entropy = 0;
    for (int i = 0; i < base.length; i++) {
      double logP = base[i] - baseSum;
      double p = Math.exp(logP);
      divergence += p * (logP - (other[i] - otherSum));
      entropy -= p * logP;
    }
    return Math.abs(divergence) + entropy * 0x1p-24;
  }

  private static double logSum(float[] scores) {
    double max = Double.NEGATIVE_INFINITY;
    for (float s : scores) {
      max = Math.max(max, s);
    }
    double sum = 0;
    for (float s : scores) {
      sum += Math.exp(s - max);
    }
    return max + Math.log(sum);
  }

  @Override
  public void close() {
    torch.close();
  }
}
