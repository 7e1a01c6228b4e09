package dev.lqmf.factory.config;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.file.Json;
import io.github.cdimascio.dotenv.Dotenv;
import io.github.cdimascio.dotenv.DotenvEntry;
import io.github.cdimascio.dotenv.DotenvException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The value of every setting, from {@code --set}, the environment, {@code .env}, {@code
 * config.json} or the table's defaults, in this order. Read once; immutable. An empty value counts
 * as none.
 */
public final class Configuration {
  private static final String DOTENV = ".env";
  private static final String JSON = "config.json";

  /** How a line of a {@code .env} begins: with a name, or as a comment. */
  private static final Pattern DOTENV_LINE = Pattern.compile("\\s*(#|(export\\s+)?[\\w.-]+\\s*=)");

  private final Path directory;
  private final Map<String, Value<?>> values;
  private final List<String> unknown;
  private final Map<String, String> environment;

  private Configuration(
      Path directory,
      Map<String, Value<?>> values,
      List<String> unknown,
      Map<String, String> environment) {
    this.directory = directory;
    this.values = values;
    this.unknown = List.copyOf(unknown);
    this.environment = Map.copyOf(environment);
  }

  /**
   * A setting and its value.
   *
   * @param value empty if there is none, nor a default
   * @param source where the value comes from
   */
  public record Value<T>(Setting<T> setting, Optional<T> value, Source source) {

    /** The value as people may see it: secrets masked; empty if there is none. */
    public String shown() {
      return value.map(v -> v instanceof Enum<?> e ? lower(e) : v.toString()).orElse("");
    }

    private static String lower(Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Reads all sources.
   *
   * @param flags what {@code --set} says
   * @param environment as {@link System#getenv()}
   * @param directory where {@code .env} and {@code config.json} are looked for
   * @throws InputException if a value cannot be used or a file is malformed; names the setting, the
   *     source and what is allowed
   * @throws IOException if a file is there and cannot be read
   */
  public static Configuration load(
      Map<String, String> flags, Map<String, String> environment, Path directory)
      throws IOException {
    for (String name : flags.keySet()) {
      if (SettingsTable.all().stream().noneMatch(s -> s.name().equals(name))) {
        throw new InputException(
            "--set: there is no setting " + InputException.quote(name),
            "use one of "
                + SettingsTable.all().stream()
                    .map(Setting::name)
                    .collect(Collectors.joining(", ")));
      }
    }
    Map<String, String> dotenv = dotenv(directory);
    List<String> unknown = new ArrayList<>();
    Map<String, String> json = json(directory.resolve(JSON), unknown);
    Map<String, Value<?>> values = new LinkedHashMap<>();
    for (Setting<?> setting : SettingsTable.all()) {
      values.put(setting.name(), bind(setting, flags, environment, dotenv, json));
    }
    Map<String, String> merged = new HashMap<>(dotenv);
    merged.putAll(environment);
    for (String token : List.of("HF_TOKEN", "HUGGINGFACE_TOKEN")) {
      Optional.ofNullable(flags.get(token)).ifPresent(value -> merged.put(token, value));
    }
    return new Configuration(directory, values, unknown, merged);
  }

  private static <T> Value<T> bind(
      Setting<T> setting,
      Map<String, String> flags,
      Map<String, String> environment,
      Map<String, String> dotenv,
      Map<String, String> json) {
    Map<Source, Optional<String>> texts = new LinkedHashMap<>();
    texts.put(Source.FLAG, text(flags, setting.name()));
    texts.put(Source.ENVIRONMENT, text(environment, setting.name()));
    texts.put(Source.DOTENV, text(dotenv, setting.name()));
    texts.put(Source.CONFIG_JSON, setting.jsonKey().flatMap(key -> text(json, key)));
    texts.put(Source.DEFAULT, setting.fallback());
    for (Map.Entry<Source, Optional<String>> text : texts.entrySet()) {
      if (text.getValue().isPresent()) {
        return parse(setting, text.getValue().get(), text.getKey());
      }
    }
    return new Value<>(setting, Optional.empty(), Source.DEFAULT);
  }

  private static Optional<String> text(Map<String, String> source, String name) {
    return Optional.ofNullable(source.get(name)).map(String::strip).filter(t -> !t.isEmpty());
  }

  private static <T> Value<T> parse(Setting<T> setting, String text, Source source) {
    String key = source == Source.CONFIG_JSON ? setting.jsonKey().orElseThrow() : setting.name();
    Optional<T> value = setting.type().parser().apply(text);
    if (value.isEmpty()) {
      String shown = setting.isSecret() ? "not a key" : InputException.quote(text);
      throw new InputException(
          key + " (" + source.label() + ") is " + shown, "set it to " + setting.allowed());
    }
    return new Value<>(setting, value, source);
  }

  private static Map<String, String> dotenv(Path directory) throws IOException {
    // The library is loaded only where there is something for it to read.
    if (!Files.isRegularFile(directory.resolve(DOTENV))) {
      return Map.of();
    }
    try {
      return Dotenv.configure()
          .directory(directory.toAbsolutePath().toString())
          .filename(DOTENV)
          .load()
          .entries(Dotenv.Filter.DECLARED_IN_ENV_FILE)
          .stream()
          .collect(
              Collectors.toMap(DotenvEntry::getKey, DotenvEntry::getValue, (first, last) -> last));
    } catch (DotenvException e) {
      // Its message quotes the line, which may hold a key.
      throw new InputException(
          "%s has %s that is not NAME=VALUE"
              .formatted(directory.resolve(DOTENV), malformedLine(directory.resolve(DOTENV))),
          "write one setting a line, and # before comments");
    }
  }

  private static String malformedLine(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).isBlank() && !DOTENV_LINE.matcher(lines.get(i)).lookingAt()) {
        return "a line " + (i + 1);
      }
    }
    return "a line";
  }

  private static Map<String, String> json(Path file, List<String> unknown) throws IOException {
    if (!Files.isRegularFile(file)) {
      return Map.of();
    }
    JsonNode root;
    try {
      root = JsonMapper.shared().readTree(Files.readString(file));
    } catch (JacksonException e) {
      throw new InputException(
          file + " is not JSON: " + Json.problem(e), "correct it, or remove it", e);
    }
    if (!root.isObject()) {
      throw new InputException(
          file + " is not a JSON object", "write {\"setting\": \"value\", ...}, or remove it");
    }
    // In the directory of a model, the file is the model's.
    if (root.has("architectures") || root.has("model_type")) {
      return Map.of();
    }
    Map<String, String> values = new HashMap<>();
    for (Map.Entry<String, JsonNode> property : root.properties()) {
      String key = property.getKey();
      JsonNode value = property.getValue();
      for (Setting<?> setting : SettingsTable.all()) {
        if (setting.isSecret() && setting.name().equalsIgnoreCase(key)) {
          throw new InputException(
              file + " holds " + key + ", which is a secret", "move it to " + DOTENV);
        }
      }
      if (SettingsTable.all().stream().noneMatch(s -> s.jsonKey().equals(Optional.of(key)))) {
        unknown.add(key);
      } else if (value.isContainer()) {
        throw new InputException(
            key + " (" + JSON + ") is a list or an object", "set it to a single value");
      } else if (!value.isNull()) {
        values.put(key, value.asString());
      }
    }
    return values;
  }

  /** The value of a setting that may have none. */
  public <T> Optional<T> find(Setting<T> setting) {
    return value(setting).value();
  }

  /** The value of a setting that has a default. */
  public <T> T get(Setting<T> setting) {
    return find(setting).orElseThrow();
  }

  /** A directory as seen from where the program runs. */
  public Path directory(Setting<Path> setting) {
    return directory.resolve(get(setting));
  }

  /** The value of a setting, with its source. */
  @SuppressWarnings("unchecked") // load() puts each setting's own value under its name
  public <T> Value<T> value(Setting<T> setting) {
    Value<?> value = values.get(setting.name());
    if (value == null) {
      throw new IllegalArgumentException(setting + " is not in the table");
    }
    return (Value<T>) value;
  }

  /** Every setting with its value, in the table's order. */
  public List<Value<?>> values() {
    return List.copyOf(values.values());
  }

  /** Keys of {@code config.json} that are no settings. */
  public List<String> unknown() {
    return unknown;
  }

  /** The environment as the hub's part is to see it: with what {@code .env} adds. */
  public Map<String, String> environment() {
    return Collections.unmodifiableMap(environment);
  }
}
