package dev.lqmf.factory.memory;

import dev.lqmf.tensor.InputException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * One output of one run: what was to be made, on which machine, and what came of it.
 *
 * @param id its name: letters, digits and hyphens; the time it began comes first, so that names
 *     sort by age
 * @param status how it stands
 * @param task what was to be made
 * @param sizes zeros until they are known
 * @param seconds times by name: {@link #TOTAL}, {@link #DOWNLOAD}
 * @param metrics what was measured of the result, by name; open-ended
 * @param predicted what was expected of times and metrics before the run, by the same names
 * @param error why it failed
 * @param tags words that people find it by
 * @param started when the run began
 * @param finished when it ended; empty while it runs, and of a lost one
 * @param version of LQMF
 * @param machine where it ran
 * @param owner the process that ran it
 */
public record Experiment(
    String id,
    Status status,
    Task task,
    Sizes sizes,
    SortedMap<String, Double> seconds,
    SortedMap<String, Double> metrics,
    SortedMap<String, Double> predicted,
    Optional<String> error,
    List<String> tags,
    Instant started,
    Optional<Instant> finished,
    String version,
    Machine machine,
    Owner owner) {

  /** The whole run but for downloading. */
  public static final String TOTAL = "total";

  /** Fetching the model. */
  public static final String DOWNLOAD = "download";

  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9-]{0,99}");

  /**
   * Checks the name: files carry it.
   *
   * @throws InputException if it holds anything but letters, digits and hyphens
   */
  public Experiment {
    if (!ID.matcher(id).matches()) {
      throw new InputException(
          InputException.quote(id) + " is no name of an experiment",
          "names hold letters, digits and hyphens");
    }
    seconds = Collections.unmodifiableSortedMap(new TreeMap<>(seconds));
    metrics = Collections.unmodifiableSortedMap(new TreeMap<>(metrics));
    predicted = Collections.unmodifiableSortedMap(new TreeMap<>(predicted));
    tags = List.copyOf(tags);
  }

  /** How a run stands. */
  public enum Status {
    RUNNING,
    SUCCESS,
    FAILED,
    CANCELLED,
    /** It was running when its process ended. */
    LOST;

    /** As people and programs see it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * What was to be made.
   *
   * @param model name of the model
   * @param input what the user named
   * @param method as in {@code gguf}
   * @param type as in Q4_K_M; until the plan is made, what the user asked for
   * @param together how many outputs the run made in one reading of the input, this one included
   * @param recipeHash equal for runs that make the same bytes; empty until the plan is made
   * @param recipe the recipe's canonical JSON
   */
  public record Task(
      String model,
      String input,
      String method,
      String type,
      int together,
      Optional<String> recipeHash,
      Optional<String> recipe) {}

  /**
   * How large things are.
   *
   * @param elements number of weights
   * @param inputBytes stored bytes of the input's tensors
   * @param outputBytes bytes of all files of the result
   * @param bitsPerWeight of the result
   */
  public record Sizes(
      long elements, long inputBytes, long outputBytes, OptionalDouble bitsPerWeight) {
    /** Nothing is known yet. */
    public static final Sizes UNKNOWN = new Sizes(0, 0, 0, OptionalDouble.empty());
  }

  /** The whole run in seconds, downloading left out. */
  public OptionalDouble totalSeconds() {
    Double total = seconds.get(TOTAL);
    return total == null ? OptionalDouble.empty() : OptionalDouble.of(total);
  }

  /** What is looked through for a text: all that is neither a number nor a date. */
  public String searchedText() {
    return String.join(
        "\n",
        id,
        status.label(),
        task.model(),
        task.input(),
        task.method(),
        task.type(),
        task.recipe().orElse(""),
        error.orElse(""),
        String.join("\n", tags),
        String.join("\n", metrics.keySet()),
        version,
        machine.os(),
        machine.cpu());
  }

  /** The same with a measurement more, or a newer one. */
  public Experiment withMetric(String name, double value) {
    SortedMap<String, Double> more = new TreeMap<>(metrics);
    more.put(name, value);
    return new Experiment(
        id, status, task, sizes, seconds, more, predicted, error, tags, started, finished, version,
        machine, owner);
  }

  /** The same with a prediction more. */
  Experiment withPredicted(String name, double value) {
    SortedMap<String, Double> more = new TreeMap<>(predicted);
    more.put(name, value);
    return new Experiment(
        id, status, task, sizes, seconds, metrics, more, error, tags, started, finished, version,
        machine, owner);
  }

  /** The same with a tag more. */
  public Experiment withTag(String tag) {
    if (tags.contains(tag)) {
      return this;
    }
    List<String> more = new ArrayList<>(tags);
    more.add(tag);
    return new Experiment(
        id, status, task, sizes, seconds, metrics, predicted, error, more, started, finished,
        version, machine, owner);
  }

  /** The same, but lost if it claims to run and its process is gone. */
  Experiment asOfNow() {
    return status == Status.RUNNING && !owner.isAlive() ? withStatus(Status.LOST) : this;
  }

  /** The same under another status. */
  public Experiment withStatus(Status changed) {
    return new Experiment(
        id, changed, task, sizes, seconds, metrics, predicted, error, tags, started, finished,
        version, machine, owner);
  }

  /** The same with its output planned. */
  Experiment planned(String ownId, Task planned, Sizes expected) {
    return new Experiment(
        ownId, status, planned, expected, seconds, metrics, predicted, error, tags, started,
        finished, version, machine, owner);
  }

  /** The same at its end. */
  Experiment ended(
      Status outcome,
      Sizes made,
      Map<String, Double> times,
      Optional<String> reason,
      Instant when) {
    return new Experiment(
        id,
        outcome,
        task,
        made,
        new TreeMap<>(times),
        metrics,
        predicted,
        reason,
        tags,
        started,
        Optional.of(when),
        version,
        machine,
        owner);
  }
}
