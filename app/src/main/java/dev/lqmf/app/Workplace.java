package dev.lqmf.app;

import dev.lqmf.factory.ModelDownload;
import dev.lqmf.factory.config.Configuration;
import dev.lqmf.factory.config.LlmChoice;
import dev.lqmf.factory.config.Secret;
import dev.lqmf.factory.config.SettingsTable;
import dev.lqmf.factory.execute.JobJournal;
import dev.lqmf.factory.llm.LlmProviders;
import dev.lqmf.factory.llm.LlmSettings;
import dev.lqmf.factory.llm.ModelChoice;
import dev.lqmf.factory.memory.ExperimentStores;
import dev.lqmf.factory.memory.JsonStore;
import dev.lqmf.factory.memory.MemoryAgent;
import dev.lqmf.hub.RetryPolicy;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Where a command runs: its environment, its directory, and the settings these make. */
final class Workplace {
  private final Map<String, String> environment;
  private final Path directory;
  private final Path home;
  private final InputStream input;
  private final SecretPrompt prompt;
  private final Supplier<Map<String, String>> flags;
  private final Set<String> said;
  private @Nullable Configuration configuration;

  /**
   * A place.
   *
   * @param environment as {@link System#getenv()}
   * @param directory relative paths begin here
   * @param home the user's home directory
   * @param input standard input
   * @param prompt asks the person who is there
   */
  Workplace(
      Map<String, String> environment,
      Path directory,
      Path home,
      InputStream input,
      SecretPrompt prompt) {
    this(environment, directory, home, input, prompt, Map::of, ConcurrentHashMap.newKeySet());
  }

  private Workplace(
      Map<String, String> environment,
      Path directory,
      Path home,
      InputStream input,
      SecretPrompt prompt,
      Supplier<Map<String, String>> flags,
      Set<String> said) {
    this.environment = environment;
    this.directory = directory;
    this.home = home;
    this.input = input;
    this.prompt = prompt;
    this.flags = flags;
    this.said = said;
  }

  /** Whether something is said for the first time: the prompt's commands have one place. */
  boolean isNews(String text) {
    return said.add(text);
  }

  /** The same with what {@code --set} says, once the command line is parsed. */
  Workplace withFlags(Supplier<Map<String, String>> given) {
    return new Workplace(environment, directory, home, input, prompt, given, said);
  }

  /** The same with somebody else to ask. */
  Workplace withPrompt(SecretPrompt somebody) {
    return new Workplace(environment, directory, home, input, somebody, flags, said);
  }

  /** The same, which reads its settings once more. */
  Workplace again() {
    return new Workplace(environment, directory, home, input, prompt, flags, said);
  }

  /** A file of the directory. */
  Path file(String name) {
    return directory.resolve(name);
  }

  /** What has been begun and has not succeeded. */
  JobJournal jobs() throws IOException {
    return new JobJournal(
        configuration().directory(SettingsTable.LOGS_DIR).resolve("jobs"), InstantSource.system());
  }

  /** Which language model gives advice. */
  LlmSettings llm() throws IOException {
    Configuration settings = configuration();
    Function<String, Optional<String>> variable =
        name ->
            settings.values().stream()
                .filter(v -> v.setting().name().equals(name))
                .findFirst()
                .flatMap(v -> v.value())
                .map(v -> v instanceof Secret secret ? secret.reveal() : v.toString())
                .or(() -> Optional.ofNullable(settings.environment().get(name)));
    LlmChoice choice = settings.get(SettingsTable.LLM_PROVIDER);
    return switch (choice) {
      case NONE -> LlmSettings.off(variable);
      case AUTO -> new LlmSettings(variable, Optional.empty());
      case GEMINI, CLAUDE, OPENAI ->
          new LlmSettings(
              variable,
              Optional.of(
                  new ModelChoice(
                      LlmProviders.named(choice.name()), settings.find(SettingsTable.LLM_MODEL))));
    };
  }

  /** Where this process runs. */
  static Workplace ofProcess() {
    return new Workplace(
        System.getenv(),
        Path.of(""),
        Path.of(System.getProperty("user.home")),
        System.in,
        SecretPrompt.ofProcess());
  }

  /** The settings, read when they are first asked for. */
  synchronized Configuration configuration() throws IOException {
    if (configuration == null) {
      configuration = Configuration.load(flags.get(), environment, directory);
    }
    return configuration;
  }

  /** The user's home directory. */
  Path home() {
    return home;
  }

  /** Standard input. */
  InputStream input() {
    return input;
  }

  /** Asks the person who is there. */
  SecretPrompt prompt() {
    return prompt;
  }

  /** Where results go and are looked up. */
  Path results() throws IOException {
    return configuration().directory(SettingsTable.QUANTIZED_MODELS_DIR);
  }

  /**
   * How models are fetched; who must sign in for one is asked to.
   *
   * @param notice told what happens, for people
   */
  ModelDownload download(Consumer<String> notice) throws IOException {
    return withLogin(ModelDownload.hub(configuration().environment(), home, retries()), notice);
  }

  /** The same for commands that look at models and do not read their weights. */
  ModelDownload outline(Consumer<String> notice) throws IOException {
    return withLogin(ModelDownload.outline(configuration().environment(), home, retries()), notice);
  }

  private RetryPolicy retries() throws IOException {
    return RetryPolicy.standard().withRetries(configuration().get(SettingsTable.MAX_RETRIES));
  }

  private ModelDownload withLogin(ModelDownload download, Consumer<String> notice) {
    return new LoginOnDemand(
        download,
        new HubLogin(this),
        prompt,
        repository -> KnownModels.of(this).similar(repository),
        notice);
  }

  /** A model in the directory of models goes by its name; anything else is what it is. */
  String model(String named) throws IOException {
    try {
      Path inModels = configuration().directory(SettingsTable.MODELS_DIR).resolve(named);
      boolean byName = !Files.exists(Path.of(named)) && Files.exists(inModels);
      return byName && !named.isEmpty() ? inModels.toString() : named;
    } catch (InvalidPathException noPath) {
      return named;
    }
  }

  /** The memory of what has been run; opening it takes a while. */
  MemoryAgent memory() throws IOException {
    Path experiments = configuration().directory(SettingsTable.EXPERIMENTS_DIR);
    // Whoever only looks leaves no empty database behind.
    return MemoryAgent.over(
        Files.isDirectory(experiments)
            ? ExperimentStores.open(configuration().get(SettingsTable.STORAGE_BACKEND), experiments)
            : new JsonStore(experiments));
  }
}
