package dev.lqmf.factory.decide;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Graphics cards that people name instead of an amount of memory. */
final class GpuNames {
  private static final long GIGABYTE = 1_000_000_000L;

  /** A series, a number and what may follow it; or a name of a letter and digits. */
  static final Pattern NAME =
      Line.pattern(
          "\\b(?:(?:nvidia|geforce|radeon|amd|tesla)\\s+)*(?:(?:rtx|gtx|rx)[\\s-]?)?"
              + "(\\d{4}(?:\\s?(?:ti\\s?super|ti|super|xtx|xt))?|[tlpvah]\\d{1,3}[gs]?)"
              + "(?:\\s+(?:cards?|gpus?))?(?![\\w-])");

  private final Map<String, Long> memory = new HashMap<>();

  GpuNames() {
    for (List<String> row : Resource.rows("gpus.tsv")) {
      memory.put(
          key(row.get(0).replaceFirst("^(gtx|rtx|rx) ", "")),
          Long.parseLong(row.get(1)) * GIGABYTE);
    }
  }

  /** The memory in bytes of the card that {@link #NAME} has found, if it is known. */
  OptionalLong memory(MatchResult name) {
    Long bytes = memory.get(key(name.group(1)));
    return bytes == null ? OptionalLong.empty() : OptionalLong.of(bytes);
  }

  private static String key(String name) {
    return name.toLowerCase(Locale.ROOT).replace(" ", "");
  }
}
