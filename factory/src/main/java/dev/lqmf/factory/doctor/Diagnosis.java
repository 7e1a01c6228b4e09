package dev.lqmf.factory.doctor;

import dev.lqmf.factory.doctor.Finding.Severity;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * All that was found out about a model.
 *
 * @param path the file or directory
 * @param format how the weights are stored, as in {@code Q4_K_M} or {@code gptq}; empty if that
 *     could not be found out
 * @param bytes of all tensors as stored
 * @param findings in the order of the checks
 * @param comparison how far the weights are from another model's, if that was asked for
 */
public record Diagnosis(
    Path path, String format, long bytes, List<Finding> findings, Optional<Comparison> comparison) {

  /** Copies the list. */
  public Diagnosis {
    findings = List.copyOf(findings);
  }

  /** The verdict. */
  public Health health() {
    if (findings.stream().anyMatch(f -> f.severity() == Severity.BROKEN)) {
      return Health.BROKEN;
    }
    return findings.stream().anyMatch(f -> f.severity() == Severity.REPAIRABLE)
        ? Health.REPAIRABLE
        : Health.HEALTHY;
  }

  /** What a mended copy would change. */
  public List<Mend> mends() {
    return findings.stream().flatMap(f -> f.mends().stream()).distinct().toList();
  }
}
