package dev.lqmf.factory.memory;

import dev.lqmf.factory.memory.Experiment.Status;
import java.util.Locale;
import java.util.Optional;

/**
 * Which experiments are wanted: those that meet every condition given. Letter case does not count.
 *
 * @param status exactly this
 * @param model part of the model's name
 * @param method exactly this
 * @param type exactly this
 * @param text part of {@link Experiment#searchedText}
 */
public record Query(
    Optional<Status> status,
    Optional<String> model,
    Optional<String> method,
    Optional<String> type,
    Optional<String> text) {

  /** Every experiment. */
  public static final Query ALL =
      new Query(
          Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  /** Those that hold a text somewhere. */
  public static Query containing(String text) {
    return new Query(
        Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(text));
  }

  /** Those of a status. */
  public static Query of(Status status) {
    return new Query(
        Optional.of(status),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  boolean matches(Experiment experiment) {
    return status.map(s -> s == experiment.status()).orElse(true)
        && model.map(m -> contains(experiment.task().model(), m)).orElse(true)
        && method.map(m -> m.equalsIgnoreCase(experiment.task().method())).orElse(true)
        && type.map(t -> t.equalsIgnoreCase(experiment.task().type())).orElse(true)
        && text.map(t -> contains(experiment.searchedText(), t)).orElse(true);
  }

  private static boolean contains(String whole, String part) {
    return whole.toLowerCase(Locale.ROOT).contains(part.toLowerCase(Locale.ROOT));
  }
}
