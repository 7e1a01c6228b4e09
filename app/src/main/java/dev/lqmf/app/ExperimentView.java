package dev.lqmf.app;

import dev.lqmf.app.output.Units;
import dev.lqmf.factory.memory.Experiment;
import dev.lqmf.factory.memory.Experiment.Status;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * An experiment as people and programs see it.
 *
 * @param experiment what is shown
 */
record ExperimentView(Experiment experiment) {
  /** The field that tells why it failed. */
  static final String ERROR = "error";

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm");

  String size() {
    long bytes = experiment.sizes().outputBytes();
    return bytes == 0 ? "" : Units.bytes(bytes);
  }

  String bitsPerWeight() {
    return decimal(experiment.sizes().bitsPerWeight());
  }

  String time() {
    OptionalDouble seconds = experiment.totalSeconds();
    return seconds.isPresent() ? seconds(seconds.getAsDouble()) : "";
  }

  String started() {
    return time(experiment.started());
  }

  /** Everything worth a line, by what it is called. */
  Map<String, String> fields() {
    Map<String, String> fields = new LinkedHashMap<>();
    Experiment.Task task = experiment.task();
    fields.put("status", experiment.status().label());
    experiment.error().ifPresent(e -> fields.put(ERROR, e));
    fields.put("model", task.model());
    fields.put("input", task.input());
    fields.put("method", task.method());
    fields.put("type", task.type());
    if (task.together() > 1) {
      fields.put("made with", (task.together() - 1) + " other outputs of the same run");
    }
    task.recipeHash().ifPresent(hash -> fields.put("recipe", hash.substring(0, 12)));
    if (experiment.sizes().elements() > 0) {
      fields.put("weights", Units.count(experiment.sizes().elements()));
      fields.put("input size", Units.bytes(experiment.sizes().inputBytes()));
    }
    if (experiment.status() == Status.SUCCESS) {
      fields.put("size", size());
      fields.put("bits per weight", bitsPerWeight());
    }
    fields.put("started", started());
    experiment.finished().ifPresent(t -> fields.put("finished", time(t)));
    experiment.seconds().forEach((name, s) -> fields.put(name + " time", seconds(s)));
    experiment.metrics().forEach((name, m) -> fields.put(name, metric(name, m)));
    experiment.predicted().forEach((name, p) -> fields.put("predicted " + name, number(p)));
    if (!experiment.tags().isEmpty()) {
      fields.put("tags", String.join(", ", experiment.tags()));
    }
    fields.put("LQMF", experiment.version());
    // On lines of their own, so that two experiments stand side by side on 80 columns.
    fields.put("processor", experiment.machine().cpu());
    fields.put("cores", Integer.toString(experiment.machine().cores()));
    fields.put("system", experiment.machine().os());
    fields.put("Java", experiment.machine().java());
    return fields;
  }

  /** Measured by whom, the name tells, and its end in what. */
  private static String metric(String name, double value) {
    return name.endsWith("_bytes") ? Units.bytes(Math.round(value)) : number(value);
  }

  Map<String, Object> json() {
    Map<String, Object> object = new LinkedHashMap<>();
    Experiment.Task task = experiment.task();
    object.put("id", experiment.id());
    object.put("status", experiment.status().label());
    object.put("model", task.model());
    object.put("input", task.input());
    object.put("method", task.method());
    object.put("type", task.type());
    object.put("outputs_together", task.together());
    task.recipeHash().ifPresent(hash -> object.put("recipe_hash", hash));
    task.recipe().ifPresent(recipe -> object.put("recipe", recipe));
    object.put("elements", experiment.sizes().elements());
    object.put("input_bytes", experiment.sizes().inputBytes());
    object.put("output_bytes", experiment.sizes().outputBytes());
    experiment.sizes().bitsPerWeight().ifPresent(b -> object.put("bits_per_weight", b));
    object.put("started", experiment.started().toString());
    experiment.finished().ifPresent(f -> object.put("finished", f.toString()));
    object.put("seconds", experiment.seconds());
    object.put("metrics", experiment.metrics());
    object.put("predicted", experiment.predicted());
    experiment.error().ifPresent(e -> object.put("error", e));
    object.put("tags", experiment.tags());
    object.put("version", experiment.version());
    Map<String, Object> machine = new LinkedHashMap<>();
    machine.put("os", experiment.machine().os());
    machine.put("cpu", experiment.machine().cpu());
    machine.put("cores", experiment.machine().cores());
    machine.put("java", experiment.machine().java());
    object.put("machine", machine);
    return object;
  }

  static String decimal(OptionalDouble value) {
    return value.isPresent() ? Units.decimal(value.getAsDouble()) : "";
  }

  static String seconds(double seconds) {
    return Units.duration(Duration.ofMillis(Math.round(1000 * seconds)));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.6g", value);
  }

  private static String time(Instant instant) {
    return TIME.format(instant.atZone(ZoneId.systemDefault()));
  }
}
