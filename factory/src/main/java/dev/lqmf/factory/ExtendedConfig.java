package dev.lqmf.factory;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.JsonFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The text of a model's {@code config.json} with more at its end: what is there stays as it is
 * written, also numbers and values that only Python's JSON has.
 */
final class ExtendedConfig {
  private ExtendedConfig() {}

  /** The text with more keys, which it must not have. */
  static byte[] of(HfConfig config, Map<String, Object> added) throws IOException {
    String text = JsonFiles.text(config.file()).orElseThrow();
    int end = text.lastIndexOf('}');
    String body = text.substring(0, end).stripTrailing();
    String more = Json.readable(added).strip();
    // Both are objects: the second without its first brace continues the first.
    return (body + (body.endsWith("{") ? "" : ",") + more.substring(1) + "\n")
        .getBytes(StandardCharsets.UTF_8);
  }
}
