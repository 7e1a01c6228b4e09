package dev.lqmf.factory.bench;

import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Decides whether two measurements are of the same thing.
 *
 * @param identity of the model
 * @param measurement what is measured
 * @param settings all that changes the result
 */
public record BenchKey(
    String identity, Measurement measurement, SortedMap<String, String> settings) {
  private static final int SHORT = 16;

  /** Copies the settings. */
  public BenchKey {
    settings = new TreeMap<>(settings);
  }

  /** Where it is stored, below the store's directory. */
  String file() {
    String digest = Sha256.of(settings.toString().getBytes(StandardCharsets.UTF_8));
    return "%s/%s-%s.json"
        .formatted(identity.substring(0, SHORT), measurement.label(), digest.substring(0, SHORT));
  }
}
