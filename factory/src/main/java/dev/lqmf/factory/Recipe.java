package dev.lqmf.factory;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Everything that decides the bytes of one output, and nothing else: no paths, dates, threads or
 * machines. Equal recipes give equal files. A record, so that its components are what is written.
 */
public interface Recipe {

  /** Name of the model, which directories and files carry. */
  String model();

  /** The recipe in its one canonical form: sorted keys, no white space, absent values left out. */
  default String canonicalJson() {
    return Json.canonical(this);
  }

  /** SHA-256 of {@link #canonicalJson()} in UTF-8, in hex: the name of what it makes. */
  default String hash() {
    return hash(canonicalJson());
  }

  /**
   * The hash of a written recipe, of whatever method.
   *
   * @throws tools.jackson.core.JacksonException if it is not a JSON object
   */
  static String hashOfJson(String json) {
    return hash(Json.canonical(Json.read(json, Map.class)));
  }

  private static String hash(String canonical) {
    return Hashes.sha256(canonical.getBytes(StandardCharsets.UTF_8));
  }
}
