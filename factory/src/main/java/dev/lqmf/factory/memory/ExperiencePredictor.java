package dev.lqmf.factory.memory;

import dev.lqmf.factory.memory.BayesianRegression.Belief;
import dev.lqmf.factory.memory.BayesianRegression.Observation;
import dev.lqmf.factory.memory.Experiment.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeSet;

/**
 * What past experiments say about the next one. Two regressions, each from a prior that LQMF ships:
 *
 * <pre>
 *   ln seconds     = a + b · ln((weights + w₀) / 10⁹) + c(type)    for each method; w₀: a run's start
 *   ln divergence  = d + e · bits per weight + f · ln(weights / 8.03·10⁹)
 * </pre>
 *
 * The divergence is the mean Kullback-Leibler divergence of the result from the original, {@link
 * #DIVERGENCE} among the metrics. Time depends on the machine: what is learned holds for the one
 * whose experiments these are.
 */
public final class ExperiencePredictor {
  /** The metric that quality is predicted as. */
  public static final String DIVERGENCE = "kld_mean";

  /** Start-up and compilation take as long as so many weights. */
  private static final double START_WEIGHTS = 0.25e9;

  /** Seconds per 10⁹ weights on two cores, docs/measurements.md; GPTQ runs the model as well. */
  private static final Map<String, Double> USUAL_SECONDS =
      Map.of("gguf", 4.2, "bnb", 2.7, "gptq", 600.0);

  private static final double OTHER_SECONDS = 10;

  /** Machines differ about this much in speed, as a logarithm. */
  private static final double MACHINES = 1.0;

  private static final double EXPONENT_DEVIATION = 0.15;
  private static final double TYPE_DEVIATION = 0.5;
  private static final double TIME_NOISE = 0.25;

  /**
   * Bits per weight of Llama 3 8B (8.03·10⁹ weights; sizes in GiB) and mean divergence, without
   * importance matrix, from the README of llama.cpp's perplexity program, LLaMA 3 8b scoreboard.
   */
  private static final double[][] PUBLISHED = {
    {7.96, 0.001355}, // Q8_0
    {6.14, 0.005452}, // Q6_K
    {5.33, 0.010762}, // Q5_K_M
    {5.21, 0.016595}, // Q5_K_S
    {4.58, 0.031273}, // Q4_K_M
    {4.37, 0.043136}, // Q4_K_S
    {4.03, 0.087176}, // Q3_K_L
    {3.74, 0.101913}, // Q3_K_M
    {3.41, 0.228217}, // Q3_K_S
    {2.96, 0.445132}, // Q2_K
  };

  private static final double PUBLISHED_WEIGHTS = 8.03e9;

  /** How much worse small models bear quantization is not believed, but learned. */
  private static final Belief SIZE = new Belief(0, 0.3);

  /** Wide: the published ones alone decide where the prior is. */
  private static final List<Belief> ANY_DIVERGENCE =
      List.of(new Belief(0, 100), new Belief(-1, 100), SIZE);

  private static final double DIVERGENCE_NOISE = 0.4;

  /** Models differ about this much in how they bear quantization, as a logarithm. */
  private static final double MODELS = 0.7;

  private static final double SLOPE_DEVIATION = 0.2;

  private final Map<String, TimeModel> times = new HashMap<>();
  private final BayesianRegression divergence;
  private final int measured;

  /** Learns from experiments; those that failed, or say nothing of the matter, are passed over. */
  public ExperiencePredictor(List<Experiment> experiments) {
    Map<String, List<Experiment>> byMethod = new HashMap<>();
    List<Observation> divergences = new ArrayList<>();
    for (Experiment e : experiments) {
      if (tellsTime(e)) {
        byMethod.computeIfAbsent(e.task().method(), _ -> new ArrayList<>()).add(e);
      }
      OptionalDouble loss = measured(e);
      if (loss.isPresent()) {
        double bits = e.sizes().bitsPerWeight().orElseThrow();
        divergences.add(
            new Observation(features(bits, e.sizes().elements()), Math.log(loss.getAsDouble())));
      }
    }
    byMethod.forEach((method, runs) -> times.put(method, TimeModel.learn(method, runs)));
    divergence = BayesianRegression.fit(publishedDivergence(), DIVERGENCE_NOISE, divergences);
    measured = divergences.size();
  }

  /** Whether an experiment's time says how long such a run takes. */
  static boolean tellsTime(Experiment e) {
    return e.status() == Status.SUCCESS
        && e.task().together() == 1
        && e.sizes().elements() > 0
        && e.totalSeconds().orElse(0) > 0;
  }

  /** The divergence that was measured, if it says how good such a result is. */
  static OptionalDouble measured(Experiment e) {
    Double value = e.metrics().get(DIVERGENCE);
    return value != null
            && value > 0
            && e.sizes().elements() > 0
            && e.sizes().bitsPerWeight().isPresent()
        ? OptionalDouble.of(value)
        : OptionalDouble.empty();
  }

  private static double[] features(double bitsPerWeight, long weights) {
    return new double[] {1, bitsPerWeight, Math.log(weights / PUBLISHED_WEIGHTS)};
  }

  /** What the published measurements say, as beliefs about the coefficients. */
  private static List<Belief> publishedDivergence() {
    List<Observation> published = new ArrayList<>();
    for (double[] row : PUBLISHED) {
      double bits = row[0] * (1L << 30) * 8 / PUBLISHED_WEIGHTS;
      published.add(
          new Observation(features(bits, Math.round(PUBLISHED_WEIGHTS)), Math.log(row[1])));
    }
    BayesianRegression fit = BayesianRegression.fit(ANY_DIVERGENCE, DIVERGENCE_NOISE, published);
    return List.of(
        new Belief(fit.coefficient(0), MODELS),
        new Belief(fit.coefficient(1), SLOPE_DEVIATION),
        SIZE);
  }

  /**
   * The seconds that a run takes, downloading left out.
   *
   * @param weights number of weights, at least 1
   */
  public Prediction seconds(String method, String type, long weights) {
    TimeModel model = times.get(method);
    return (model == null ? TimeModel.learn(method, List.of()) : model).predict(type, weights);
  }

  /**
   * The mean Kullback-Leibler divergence of a result.
   *
   * @param weights number of weights, at least 1
   */
  public Prediction divergence(double bitsPerWeight, long weights) {
    return Prediction.ofLogarithm(divergence.estimate(features(bitsPerWeight, weights)), measured);
  }

  /** How long one method takes. */
  private record TimeModel(List<String> types, BayesianRegression regression, int experiments) {

    static TimeModel learn(String method, List<Experiment> runs) {
      TreeSet<String> types = new TreeSet<>();
      runs.forEach(e -> types.add(e.task().type()));
      List<String> known = List.copyOf(types);
      double usual = USUAL_SECONDS.getOrDefault(method.toLowerCase(Locale.ROOT), OTHER_SECONDS);
      List<Belief> beliefs = new ArrayList<>();
      beliefs.add(new Belief(Math.log(usual), MACHINES));
      beliefs.add(new Belief(1, EXPONENT_DEVIATION));
      known.forEach(_ -> beliefs.add(new Belief(0, TYPE_DEVIATION)));
      List<Observation> observations = new ArrayList<>();
      for (Experiment e : runs) {
        observations.add(
            new Observation(
                features(known, e.task().type(), e.sizes().elements()),
                Math.log(e.totalSeconds().orElseThrow())));
      }
      return new TimeModel(
          known, BayesianRegression.fit(beliefs, TIME_NOISE, observations), runs.size());
    }

    private static double[] features(List<String> known, String type, long weights) {
      double[] features = new double[2 + known.size()];
      features[0] = 1;
      features[1] = Math.log((weights + START_WEIGHTS) / 1e9);
      int index = known.indexOf(type);
      if (index >= 0) {
        features[2 + index] = 1;
      }
      return features;
    }

    Prediction predict(String type, long weights) {
      return Prediction.ofLogarithm(
          regression.estimate(features(types, type, weights)), experiments);
    }
  }
}
