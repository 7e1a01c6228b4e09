package dev.lqmf.app;

import dev.lqmf.factory.feedback.HeldOut;
import dev.lqmf.factory.feedback.TestReport;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Adds what {@code lqmf test} found to the experiments.
 *
 * @param record where it goes
 */
record TestRecord(MeasurementRecord record) {
  private static final String PREFIX = "test_";

  void add(List<TestReport> reports) {
    Map<String, Map<String, Double>> measured = new LinkedHashMap<>();
    reports.stream()
        .filter(r -> r.outcome() != TestReport.Outcome.NOT_TESTED)
        .forEach(r -> measured.put(r.model().path().toString(), metrics(r)));
    record.add(measured);
  }

  /** One that failed has {@code test_passed} 0, and whatever it did before. */
  private static Map<String, Double> metrics(TestReport report) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    metrics.put(PREFIX + "passed", report.passed() ? 1.0 : 0.0);
    metrics.put(PREFIX + "score", report.score());
    if (!report.answers().isEmpty()) {
      metrics.put(PREFIX + "load_seconds", report.loadSeconds());
      metrics.put(PREFIX + "first_text_seconds", report.firstTextSeconds());
      metrics.put(PREFIX + "tokens_per_second", report.tokensPerSecond());
    }
    report
        .resources()
        .peakBytes()
        .ifPresent(bytes -> metrics.put(PREFIX + "peak_bytes", (double) bytes));
    report.heldOut().map(HeldOut::perplexity).ifPresent(p -> metrics.put(PREFIX + "perplexity", p));
    report
        .heldOut()
        .flatMap(HeldOut::closeness)
        .ifPresent(c -> metrics.put(PREFIX + "fidelity", c.sameTop()));
    return metrics;
  }
}
