package dev.lqmf.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lqmf.tensor.InputException;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class SamplerTest {
  /** Probabilities 0.5, 0.25, 0.125, 0.0625, 0.0625, in mixed order. */
  private static final float[] SCORES = {
    (float) Math.log(0.125),
    (float) Math.log(0.5),
    (float) Math.log(0.0625),
    (float) Math.log(0.25),
    (float) Math.log(0.0625)
  };

  private static int[] kept(int topK, double topP, double minP) {
    Sampler sampler = new Sampler(new Sampling(1, topK, topP, minP, 1, OptionalLong.of(1)));
    Sampler.Candidates c = sampler.candidates(SCORES);
    return java.util.Arrays.copyOf(c.tokens(), c.count());
  }

  @Test
  void allTokensByTheirProbabilityOfEqualOnesTheFirst() {
    assertThat(kept(0, 1, 0)).containsExactly(1, 3, 0, 2, 4);
  }

  @Test
  void topK() {
    assertThat(kept(2, 1, 0)).containsExactly(1, 3);
    assertThat(kept(9, 1, 0)).hasSize(5);
  }

  @Test
  void topPKeepsTheTokenThatCrossesTheLimit() {
    assertThat(kept(0, 0.4, 0)).containsExactly(1);
    assertThat(kept(0, 0.6, 0)).containsExactly(1, 3);
    assertThat(kept(0, 0.8, 0)).containsExactly(1, 3, 0);
  }

  /** Of the two that top-k leaves, the first has two thirds. */
  @Test
  void topPCountsWhatTopKLeaves() {
    assertThat(kept(2, 0.66, 0)).containsExactly(1);
    assertThat(kept(2, 0.67, 0)).containsExactly(1, 3);
  }

  @Test
  void minPIsAShareOfTheLikeliest() {
    assertThat(kept(0, 1, 0.4)).containsExactly(1, 3);
    assertThat(kept(0, 1, 0.2)).containsExactly(1, 3, 0);
  }

  @Test
  void frequenciesAreTheProbabilities() {
    Sampler sampler = new Sampler(new Sampling(1, 0, 1, 0, 1, OptionalLong.of(7)));
    int[] counts = new int[SCORES.length];
    int draws = 40_000;
    for (int i = 0; i < draws; i++) {
      counts[sampler.choose(SCORES.clone(), new int[0])]++;
    }
    assertThat(counts[1] / (double) draws).isCloseTo(0.5, within(0.01));
    assertThat(counts[3] / (double) draws).isCloseTo(0.25, within(0.01));
    assertThat(counts[4] / (double) draws).isCloseTo(0.0625, within(0.01));
  }

  @Test
  void temperatureFlattens() {
    Sampler sampler = new Sampler(new Sampling(2, 0, 1, 0, 1, OptionalLong.of(7)));
    Sampler.Candidates c = sampler.candidates(SCORES);
    assertThat(c.weights()[1] / c.weights()[0]).isCloseTo(Math.sqrt(0.5), within(1e-6));
  }

  @Test
  void aSeedRepeatsTheChoice() {
    for (int seed = 0; seed < 20; seed++) {
      Sampling sampling = new Sampling(1, 0, 1, 0, 1, OptionalLong.of(seed));
      Sampler a = new Sampler(sampling);
      Sampler b = new Sampler(sampling);
      for (int i = 0; i < 20; i++) {
        assertThat(a.choose(SCORES.clone(), new int[0]))
            .isEqualTo(b.choose(SCORES.clone(), new int[0]));
      }
    }
  }

  /** As Transformers: positive scores are divided, negative ones multiplied, each once. */
  @Test
  void repetitionPenalty() {
    Sampler sampler = new Sampler(new Sampling(0, 0, 1, 0, 2, OptionalLong.empty()));
    float[] scores = {3, 2, -1};
    assertThat(sampler.choose(scores, new int[] {0, 0, 2})).isEqualTo(1);
    assertThat(scores).containsExactly(1.5f, 2, -2);
  }

  @Test
  void rangesAreChecked() {
    assertThatThrownBy(() -> new Sampling(-1, 0, 1, 0, 1, OptionalLong.empty()))
        .isInstanceOf(InputException.class);
    assertThatThrownBy(() -> new Sampling(1, -1, 1, 0, 1, OptionalLong.empty()))
        .isInstanceOf(InputException.class);
    assertThatThrownBy(() -> new Sampling(1, 0, 0, 0, 1, OptionalLong.empty()))
        .isInstanceOf(InputException.class);
    assertThatThrownBy(() -> new Sampling(1, 0, 1, 2, 1, OptionalLong.empty()))
        .isInstanceOf(InputException.class);
    assertThatThrownBy(() -> new Sampling(1, 0, 1, 0, 0, OptionalLong.empty()))
        .isInstanceOf(InputException.class);
  }
}
