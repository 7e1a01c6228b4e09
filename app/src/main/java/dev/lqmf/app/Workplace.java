package dev.lqmf.app;

import dev.lqmf.factory.ModelDownload;
import dev.lqmf.factory.config.Configuration;
import dev.lqmf.factory.config.SettingsTable;
import dev.lqmf.factory.memory.ExperimentStores;
import dev.lqmf.factory.memory.JsonStore;
import dev.lqmf.factory.memory.MemoryAgent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
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
    this(environment, directory, home, input, prompt, Map::of);
  }

  private Workplace(
      Map<String, String> environment,
      Path directory,
      Path home,
      InputStream input,
      SecretPrompt prompt,
      Supplier<Map<String, String>> flags) {
    this.environment = environment;
    this.directory = directory;
    this.home = home;
    this.input = input;
    this.prompt = prompt;
    this.flags = flags;
  }

  /** The same with what {@code --set} says, once the command line is parsed. */
  Workplace withFlags(Supplier<Map<String, String>> given) {
    return new Workplace(environment, directory, home, input, prompt, given);
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
    return new LoginOnDemand(
        ModelDownload.hub(configuration().environment(), home), new HubLogin(this), prompt, notice);
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
