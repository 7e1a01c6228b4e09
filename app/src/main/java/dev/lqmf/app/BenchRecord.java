package dev.lqmf.app;

import dev.lqmf.factory.bench.BenchReport;
import dev.lqmf.factory.bench.Measured;
import dev.lqmf.factory.memory.ExperiencePredictor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Adds what {@code lqmf bench} measured to the experiments.
 *
 * @param record where it goes
 */
record BenchRecord(MeasurementRecord record) {

  void add(BenchReport report) {
    Map<String, Map<String, Double>> measured = new LinkedHashMap<>();
    report.rows().forEach(row -> measured.put(row.identity(), metrics(row)));
    record.addByRecipe(measured);
  }

  private static Map<String, Double> metrics(BenchReport.Row row) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    row.predictions().ifPresent(p -> metrics.put(EvalRecord.PERPLEXITY, p.perplexity().value()));
    row.distance()
        .ifPresent(
            d -> {
              metrics.put(ExperiencePredictor.DIVERGENCE, d.divergence().value());
              metrics.put("same_top", d.sameTop().value());
            });
    row.accuracy().ifPresent(a -> metrics.put("accuracy", a.normalized().value()));
    row.rouge().ifPresent(r -> metrics.put("rouge_l", r.longest()));
    row.speed().ifPresent(s -> speed(metrics, s));
    return metrics;
  }

  private static void speed(Map<String, Double> metrics, Measured.Speed speed) {
    metrics.put("tokens_per_second", speed.decode());
    metrics.put("prompt_tokens_per_second", speed.prompt());
    metrics.put("load_seconds", speed.loadSeconds());
    speed.memory().ifPresent(bytes -> metrics.put("peak_bytes", (double) bytes));
  }
}
