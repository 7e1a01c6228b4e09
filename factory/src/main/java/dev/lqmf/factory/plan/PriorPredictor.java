package dev.lqmf.factory.plan;

import dev.lqmf.factory.GptqMethod;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

/**
 * What to expect before there is any experience. Times follow docs/measurements.md: CPU seconds for
 * 1.1 billion weights on a server of 2026, plus reading and writing at 1 GB/s. Classes follow the
 * perplexities that llama.cpp publishes for its types; small models lose more.
 */
public final class PriorPredictor implements Predictor {
  private static final double START_SECONDS = 0.5;
  private static final double BYTES_PER_SECOND = 1e9;
  private static final double USUAL_NANOS = 9;

  /** Nanoseconds of one thread for a weight. */
  private static final Map<String, Double> NANOS =
      Map.ofEntries(
          Map.entry("F32", 0.5),
          Map.entry("F16", 0.5),
          Map.entry("BF16", 0.5),
          Map.entry("Q8_0", 1.5),
          Map.entry("Q4_0", 2.0),
          Map.entry("Q6_K", 5.5),
          Map.entry("Q5_K_M", 8.7),
          Map.entry("Q4_K_M", 9.1),
          Map.entry("Q3_K_M", 8.5),
          Map.entry("Q2_K", 8.8),
          Map.entry("NF4", 3.0),
          Map.entry("FP4", 3.0),
          Map.entry("INT8", 1.5));

  /** The same for GPTQ with its usual calibration, where the model reads 65,536 tokens. */
  private static final double CALIBRATED_NANOS = 6000;

  private static final Set<String> LOSSLESS = Set.of("F32", "F16", "BF16", "Q8_0");
  private static final Set<String> EXCELLENT =
      Set.of("Q6_K", "Q5_K_M", "Q5_K_S", "Q5_1", "INT8", "8bit");
  private static final Set<String> FAIR = Set.of("Q3_K_L", "Q3_K_M", "FP4", "3bit");
  private static final Set<String> POOR =
      Set.of("Q3_K_S", "Q2_K", "Q2_K_S", "TQ1_0", "TQ2_0", "2bit");

  /** Fewer weights than this have less to spare. */
  private static final long SMALL_MODEL = 1_500_000_000L;

  @Override
  public Prediction predict(Task task) {
    double nanos =
        task.method().equals(GptqMethod.NAME)
            ? CALIBRATED_NANOS
            : NANOS.getOrDefault(task.type(), USUAL_NANOS);
    double encode = nanos * task.weights() / task.threads() / 1e9;
    double move = (task.inputBytes() + task.outputBytes()) / BYTES_PER_SECOND;
    Duration time = Duration.ofMillis(Math.round(1000 * (START_SECONDS + Math.max(encode, move))));
    return new Prediction(time, quality(task), Evidence.NONE);
  }

  private static QualityClass quality(Task task) {
    if (LOSSLESS.contains(task.type())) {
      return QualityClass.LOSSLESS;
    }
    QualityClass usual =
        EXCELLENT.contains(task.type())
            ? QualityClass.EXCELLENT
            : FAIR.contains(task.type())
                ? QualityClass.FAIR
                : POOR.contains(task.type()) ? QualityClass.POOR : QualityClass.GOOD;
    return task.weights() < SMALL_MODEL && usual != QualityClass.EXCELLENT ? usual.worse() : usual;
  }
}
