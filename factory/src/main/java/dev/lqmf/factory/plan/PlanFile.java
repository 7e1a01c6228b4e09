package dev.lqmf.factory.plan;

import dev.lqmf.factory.QuantMethod;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.representer.Representer;

/**
 * A plan on disk, in YAML, to be carried out later. Only {@code model}, {@code method} and {@code
 * type} decide; {@code expected} tells people why, and its {@code seconds} are held against those
 * that the run takes.
 *
 * @param model as {@link dev.lqmf.factory.QuantizeRequest#input} takes it
 * @param method as in {@code gguf}
 * @param type as in {@code Q4_K_M}
 * @param expected time of the run, if the file tells it
 */
public record PlanFile(String model, String method, String type, Optional<Duration> expected) {
  private static final Set<String> KEYS = Set.of("model", "method", "type", "expected");

  /** What is carried out of a plan. */
  public static PlanFile of(Plan plan) {
    return new PlanFile(plan.input(), plan.method(), plan.type(), Optional.of(plan.time()));
  }

  /**
   * Writes a plan, in place of an older one for the same result.
   *
   * @param directory is created if need be
   * @return the file
   */
  public static Path save(Plan plan, Path directory) throws IOException {
    Map<String, Object> expected = new LinkedHashMap<>();
    expected.put("file_bytes", plan.fileBytes());
    expected.put("context", plan.context());
    expected.put("cache", plan.cache().name());
    expected.put("weights_bytes", plan.memory().weights());
    expected.put("cache_bytes", plan.memory().cache());
    expected.put("compute_bytes", plan.memory().compute());
    expected.put("reserve_bytes", plan.memory().reserve());
    expected.put("memory_bytes", plan.memory().total());
    expected.put("budget_bytes", plan.budget().bytes());
    expected.put("fits", plan.fits());
    expected.put("quality", plan.quality().name());
    expected.put("seconds", plan.time().toMillis() / 1000.0);
    expected.put("reason", plan.reason());
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("model", plan.input());
    object.put("method", plan.method());
    object.put("type", plan.type());
    object.put("expected", expected);
    DumperOptions options = new DumperOptions();
    options.setDefaultFlowStyle(DumperOptions.FlowStyle.BLOCK);
    options.setSplitLines(false);
    String text =
        "# A plan of LQMF. Run it with: lqmf quantize FILE\n"
            + new Yaml(new Representer(options), options).dump(object);
    Files.createDirectories(directory);
    String name = plan.model() + "_" + plan.method() + "_" + plan.type() + ".yaml";
    Path file = directory.resolve(name);
    Path partial = Files.createTempFile(directory, "." + name, ".tmp");
    try {
      Files.writeString(partial, text, StandardCharsets.UTF_8);
      Files.move(
          partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(partial);
    }
    return file;
  }

  /**
   * Reads a plan.
   *
   * @throws InputException if the file holds none
   */
  public static PlanFile read(Path file) throws IOException {
    Object value;
    try {
      value =
          new Yaml(new SafeConstructor(new LoaderOptions()))
              .load(Files.readString(file, StandardCharsets.UTF_8));
    } catch (YAMLException e) {
      throw new InputException(
          file + " is no YAML: " + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
          "make it again: lqmf plan MODEL --save",
          e);
    }
    if (!(value instanceof Map<?, ?> map)) {
      throw new InputException(file + " holds no plan", "make one: lqmf plan MODEL --save");
    }
    for (Object key : map.keySet()) {
      if (!KEYS.contains(String.valueOf(key))) {
        throw new InputException(
            file + " has an unknown key " + InputException.quote(String.valueOf(key)),
            "use model, method, type and expected only");
      }
    }
    PlanFile plan =
        new PlanFile(
            text(file, map, "model"),
            text(file, map, "method"),
            text(file, map, "type"),
            expected(map));
    try {
      plan.quantMethod();
    } catch (InputException e) {
      throw new InputException(file + ": " + e.getMessage(), e.mend(), e);
    }
    return plan;
  }

  private static String text(Path file, Map<?, ?> map, String key) {
    if (map.get(key) instanceof String text && !text.isBlank()) {
      return text;
    }
    throw new InputException(
        file + " does not say its " + key, "add it, as in the output of lqmf plan MODEL --save");
  }

  /** Nothing where people have edited it away. */
  private static Optional<Duration> expected(Map<?, ?> map) {
    return map.get("expected") instanceof Map<?, ?> expected
            && expected.get("seconds") instanceof Number seconds
            && seconds.doubleValue() > 0
            && seconds.doubleValue() < Integer.MAX_VALUE
        ? Optional.of(Duration.ofMillis(Math.round(1000 * seconds.doubleValue())))
        : Optional.empty();
  }

  /** What makes it. */
  public QuantMethod quantMethod() {
    return Candidate.of(method, type).method();
  }
}
