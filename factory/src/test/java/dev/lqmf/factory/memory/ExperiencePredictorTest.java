package dev.lqmf.factory.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExperiencePredictorTest {
  private static final long BILLION = 1_000_000_000;

  /** A machine that needs 30 seconds for 10⁹ weights of Q4_K_M, half of it for Q8_0. */
  private static double seconds(String type, long weights) {
    return (type.equals("Q8_0") ? 15 : 30) * (weights + 0.25e9) / 1e9;
  }

  /** Runs of both types and of many sizes, some a little longer, some a little shorter. */
  private static List<Experiment> history(int runs, double noise, long seed) {
    Random random = new Random(seed);
    List<Experiment> history = new ArrayList<>();
    for (int i = 0; i < runs; i++) {
      String type = i % 2 == 0 ? "Q4_K_M" : "Q8_0";
      long weights = Math.round(Math.exp(Math.log(0.1e9) + random.nextDouble() * Math.log(700)));
      double factor = Math.exp(noise * random.nextGaussian());
      history.add(Samples.success(i, "model-" + i, type, weights, factor * seconds(type, weights)));
    }
    return history;
  }

  @Test
  void withoutExperienceThePriorSpeaksAndSaysSo() {
    Prediction prediction = new ExperiencePredictor(List.of()).seconds("gguf", "Q4_K_M", BILLION);

    // 5.7 s were measured for 1.1 billion weights.
    assertThat(prediction.value()).isBetween(3.0, 9.0);
    assertThat(prediction.experiments()).isZero();
    assertThat(prediction.low()).isLessThan(prediction.value() / 2);
    assertThat(prediction.high()).isGreaterThan(prediction.value() * 2);
  }

  @ParameterizedTest
  @CsvSource({"Q4_K_M, 500000000", "Q8_0, 8000000000", "Q4_K_M, 70000000000"})
  void whatIsRegularIsLearned(String type, long weights) {
    Prediction prediction =
        new ExperiencePredictor(history(40, 0, 1)).seconds("gguf", type, weights);

    assertThat(prediction.value())
        .isCloseTo(seconds(type, weights), within(0.1 * seconds(type, weights)));
    assertThat(prediction.experiments()).isEqualTo(40);
  }

  @Test
  void noiseWidensTheRangeAndTheTruthIsWithin() {
    int inRange = 0;
    Random random = new Random(20261125);
    for (int i = 0; i < 200; i++) {
      Prediction prediction =
          new ExperiencePredictor(history(30, 0.5, random.nextLong()))
              .seconds("gguf", "Q4_K_M", 8 * BILLION);
      double next = Math.exp(0.5 * random.nextGaussian());
      double actual = next * seconds("Q4_K_M", 8 * BILLION);
      if (prediction.low() <= actual && actual <= prediction.high()) {
        inRange++;
      }
    }

    // Two out of three, by the meaning of low and high.
    assertThat(inRange).isBetween(116, 156);
  }

  @Test
  void moreExperienceIsMoreCertain() {
    double few = ratio(new ExperiencePredictor(history(2, 0.1, 1)));
    double many = ratio(new ExperiencePredictor(history(50, 0.1, 1)));

    assertThat(many).isLessThan(few);
  }

  private static double ratio(ExperiencePredictor predictor) {
    Prediction p = predictor.seconds("gguf", "Q4_K_M", 8 * BILLION);
    return p.high() / p.low();
  }

  @Test
  void aTypeWithoutExperienceIsTakenFromTheOthers() {
    double known = seconds("Q4_K_M", 8 * BILLION);

    Prediction prediction =
        new ExperiencePredictor(history(40, 0.05, 3)).seconds("gguf", "Q6_K", 8 * BILLION);

    assertThat(prediction.value()).isBetween(known / 2, known * 1.2);
  }

  @Test
  void runsThatSayNothingOfTimeArePassedOver() {
    Experiment failed = Samples.failure(1, "model", "Q4_K_M", "no space");
    Experiment instant = Samples.success(2, "model", "Q4_K_M", BILLION, 0);

    assertThat(
            new ExperiencePredictor(List.of(failed, instant))
                .seconds("gguf", "Q4_K_M", BILLION)
                .experiments())
        .isZero();
    assertThat(new ExperiencePredictor(history(4, 0, 1)).seconds("bnb", "NF4", BILLION))
        .as("another method")
        .isEqualTo(new ExperiencePredictor(List.of()).seconds("bnb", "NF4", BILLION));
  }

  /** Llama 3 8B, from llama.cpp's table; Q4_K_M and Q8_0 among them. */
  @ParameterizedTest
  @CsvSource({"4.90, 0.031", "8.51, 0.00136", "4.0, 0.102"})
  void qualityBeginsFromPublishedMeasurements(double bits, double published) {
    Prediction prediction = new ExperiencePredictor(List.of()).divergence(bits, 8 * BILLION);

    assertThat(prediction.value()).isBetween(published / 2, published * 2);
    assertThat(prediction.experiments()).isZero();
  }

  @Test
  void qualityIsLearnedFromWhatIsMeasured() {
    List<Experiment> history = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      history.add(
          Samples.success(i, "model", "Q4_K_M")
              .withMetric(ExperiencePredictor.DIVERGENCE, 0.3 * (i % 2 == 0 ? 1.1 : 0.9)));
    }

    Prediction before = new ExperiencePredictor(List.of()).divergence(4.0, 8 * BILLION);
    Prediction after = new ExperiencePredictor(history).divergence(4.0, 8 * BILLION);

    assertThat(after.value()).isCloseTo(0.3, within(0.03));
    assertThat(after.experiments()).isEqualTo(20);
    assertThat(after.high() / after.low()).isLessThan(before.high() / before.low());
    assertThat(new ExperiencePredictor(history).divergence(6.0, 8 * BILLION).value())
        .as("more bits are better still")
        .isLessThan(after.value() / 3);
  }

  @Test
  void whatATinyModelLosesSaysLittleAboutALargeOne() {
    List<Experiment> history = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      history.add(
          Samples.success(i, "tiny", "Q4_K_M", 4_000_000, 1)
              .withMetric(ExperiencePredictor.DIVERGENCE, 2));
    }

    ExperiencePredictor predictor = new ExperiencePredictor(history);

    double before = new ExperiencePredictor(List.of()).divergence(4.0, 8 * BILLION).value();
    assertThat(predictor.divergence(4.0, 4_000_000).value()).isBetween(1.5, 2.5);
    assertThat(predictor.divergence(4.0, 8 * BILLION).value()).isBetween(before / 2, before * 2.5);
  }

  @Test
  void coefficientsThatAreKnownAreFound() {
    Random random = new Random(7);
    List<BayesianRegression.Observation> observations = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      double x = random.nextGaussian();
      double y = random.nextGaussian();
      double outcome = 2 - 3 * x + 0.5 * y + 0.1 * random.nextGaussian();
      observations.add(new BayesianRegression.Observation(new double[] {1, x, y}, outcome));
    }
    List<BayesianRegression.Belief> beliefs =
        List.of(
            new BayesianRegression.Belief(0, 10),
            new BayesianRegression.Belief(0, 10),
            new BayesianRegression.Belief(0, 10));

    BayesianRegression fit = BayesianRegression.fit(beliefs, 1, observations);

    assertThat(fit.coefficient(0)).isCloseTo(2, within(0.03));
    assertThat(fit.coefficient(1)).isCloseTo(-3, within(0.03));
    assertThat(fit.coefficient(2)).isCloseTo(0.5, within(0.03));
    assertThat(fit.estimate(new double[] {1, 0, 0}).deviation()).isCloseTo(0.1, within(0.05));
  }
}
