package dev.lqmf.factory;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Names of the safetensors files of a checkpoint, and which tensor is in which. */
final class ShardIndex {
  /** Name of the file, which is there if the checkpoint has several. */
  static final String FILE = "model.safetensors.index.json";

  private final Map<String, String> files = new TreeMap<>();
  private long bytes;

  /**
   * The name of a file.
   *
   * @param index from 0
   */
  static String file(int index, int count) {
    return count == 1
        ? "model.safetensors"
        : String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", index + 1, count);
  }

  void add(String tensor, String file, long size) {
    files.put(tensor, file);
    bytes += size;
  }

  byte[] text() {
    Map<String, Object> index = new LinkedHashMap<>();
    index.put("metadata", Map.of("total_size", bytes));
    index.put("weight_map", files);
    return Json.readable(index).getBytes(StandardCharsets.UTF_8);
  }
}
