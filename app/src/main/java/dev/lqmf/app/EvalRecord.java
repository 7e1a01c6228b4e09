package dev.lqmf.app;

import dev.lqmf.factory.eval.EvalReport;
import dev.lqmf.factory.memory.ExperiencePredictor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Adds what {@code lqmf eval} measured to the experiments.
 *
 * @param record where it goes
 */
record EvalRecord(MeasurementRecord record) {
  static final String PERPLEXITY = "perplexity";

  void add(EvalReport report) {
    Map<String, Map<String, Double>> measured = new LinkedHashMap<>();
    for (EvalReport.Result result : report.results()) {
      Map<String, Double> metrics = new LinkedHashMap<>();
      metrics.put(PERPLEXITY, result.perplexity().value());
      result
          .divergence()
          .ifPresent(d -> metrics.put(ExperiencePredictor.DIVERGENCE, d.mean().value()));
      measured.put(result.input(), metrics);
    }
    record.add(measured);
  }
}
