package dev.lqmf.factory.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * All settings. Binding, {@code lqmf config}, {@code .env.example} and messages are made from this
 * table.
 */
public final class SettingsTable {
  private static final String KEYS = "Keys and tokens";
  private static final String DIRECTORIES = "Directories";
  private static final String WORK = "Planning and running";
  private static final String SERVER = "Server";

  public static final Setting<Secret> HF_TOKEN =
      secret("HF_TOKEN", "Opens gated and private models on the Hugging Face Hub");
  public static final Setting<Secret> HUGGINGFACE_TOKEN =
      secret("HUGGINGFACE_TOKEN", "The same, if HF_TOKEN is not set");
  public static final Setting<Secret> GEMINI_API_KEY = secret("GEMINI_API_KEY", "For Gemini");
  public static final Setting<Secret> ANTHROPIC_API_KEY = secret("ANTHROPIC_API_KEY", "For Claude");
  public static final Setting<Secret> OPENAI_API_KEY =
      secret("OPENAI_API_KEY", "For OpenAI, or a server that speaks as theirs");

  public static final Setting<Path> MODELS_DIR =
      directory("MODELS_DIR", "models", "Checkpoints on disk are looked up by name in here");
  public static final Setting<Path> QUANTIZED_MODELS_DIR =
      directory("QUANTIZED_MODELS_DIR", "quantized-models", "Where results go");
  public static final Setting<Path> EXPERIMENTS_DIR =
      directory("EXPERIMENTS_DIR", "experiments", "The record of all runs");
  public static final Setting<Path> CONFIGS_DIR =
      directory("CONFIGS_DIR", "configs", "Where plans are saved");
  public static final Setting<Path> LOGS_DIR =
      directory("LOGS_DIR", "logs", "Where the log is written");
  public static final Setting<Path> MCP_DIR =
      directory("MCP_DIR", "mcp", "Definitions of MCP servers");

  public static final Setting<StorageBackend> STORAGE_BACKEND =
      new Setting<>(
          "STORAGE_BACKEND",
          WORK,
          ValueType.oneOf(StorageBackend.class),
          Optional.of("sqlite"),
          "How experiments are kept: a database, or a file for each");
  public static final Setting<Long> GPU_MEMORY_LIMIT =
      new Setting<>(
          "GPU_MEMORY_LIMIT",
          WORK,
          ValueType.MEMORY,
          Optional.empty(),
          "Memory that plans must fit into, unless --fit says; without it, that of the GPU found");
  public static final Setting<Boolean> CPU_FALLBACK =
      flag("CPU_FALLBACK", true, "Go on with the CPU when the GPU fails");
  public static final Setting<Boolean> AUTO_SAVE_PLANS =
      flag("AUTO_SAVE_PLANS", true, "Save every plan that fits in CONFIGS_DIR");
  public static final Setting<Integer> MAX_RETRIES =
      new Setting<>(
          "MAX_RETRIES",
          WORK,
          ValueType.integer(0, 20),
          Optional.of("3"),
          "How often a download that broke off is tried again, after a growing wait");
  public static final Setting<LlmChoice> LLM_PROVIDER =
      new Setting<>(
          "LLM_PROVIDER",
          WORK,
          ValueType.oneOf(LlmChoice.class),
          Optional.of("auto"),
          "Which language model gives advice");
  public static final Setting<String> LLM_MODEL =
      new Setting<>(
          "LLM_MODEL",
          WORK,
          ValueType.TEXT,
          Optional.empty(),
          "Its name, if not the provider's usual one");

  public static final Setting<String> API_HOST =
      new Setting<>(
          "API_HOST",
          SERVER,
          ValueType.TEXT,
          Optional.of("127.0.0.1"),
          "The address that the server listens at");
  public static final Setting<Integer> API_PORT =
      new Setting<>(
          "API_PORT", SERVER, ValueType.integer(0, 65_535), Optional.of("8000"), "Its port");
  public static final Setting<Boolean> API_RELOAD =
      flagOf("API_RELOAD", SERVER, false, "Restart the server when the configuration changes");

  private static final List<Setting<?>> ALL =
      List.of(
          HF_TOKEN,
          HUGGINGFACE_TOKEN,
          GEMINI_API_KEY,
          ANTHROPIC_API_KEY,
          OPENAI_API_KEY,
          MODELS_DIR,
          QUANTIZED_MODELS_DIR,
          EXPERIMENTS_DIR,
          CONFIGS_DIR,
          LOGS_DIR,
          MCP_DIR,
          STORAGE_BACKEND,
          GPU_MEMORY_LIMIT,
          CPU_FALLBACK,
          AUTO_SAVE_PLANS,
          MAX_RETRIES,
          LLM_PROVIDER,
          LLM_MODEL,
          API_HOST,
          API_PORT,
          API_RELOAD);

  /** Accepted already; what will use them is still to come. */
  private static final Set<Setting<?>> UNUSED = Set.of(MCP_DIR, API_HOST, API_PORT, API_RELOAD);

  private SettingsTable() {}

  /** Whether a setting has any effect so far. */
  public static boolean isUsed(Setting<?> setting) {
    return !UNUSED.contains(setting);
  }

  /** Every setting, those of a group together. */
  public static List<Setting<?>> all() {
    return ALL;
  }

  /** The text of {@code .env.example}: every setting, commented out. */
  public static String envExample() {
    StringBuilder text =
        new StringBuilder(
            """
            # Settings of LQMF. Copy this file to .env and remove the # before what you set.
            # --set NAME=VALUE and the environment come before .env, config.json and the defaults after it.
            # 'lqmf config' shows what holds, and where it comes from.
            """);
    String group = "";
    for (Setting<?> setting : ALL) {
      if (!setting.group().equals(group)) {
        group = setting.group();
        text.append("\n# ").append(group).append('\n');
      }
      text.append("\n# ").append(setting.help());
      if (!setting.isSecret()) {
        text.append(": ").append(setting.allowed());
      }
      if (!isUsed(setting)) {
        text.append(" (no effect yet)");
      }
      text.append("\n#").append(setting.name()).append('=');
      text.append(setting.fallback().orElse("")).append('\n');
    }
    return text.toString();
  }

  private static Setting<Secret> secret(String name, String help) {
    return new Setting<>(name, KEYS, ValueType.SECRET, Optional.empty(), help);
  }

  private static Setting<Path> directory(String name, String fallback, String help) {
    return new Setting<>(name, DIRECTORIES, ValueType.DIRECTORY, Optional.of(fallback), help);
  }

  private static Setting<Boolean> flag(String name, boolean fallback, String help) {
    return flagOf(name, WORK, fallback, help);
  }

  private static Setting<Boolean> flagOf(String name, String group, boolean fallback, String help) {
    return new Setting<>(
        name, group, ValueType.FLAG, Optional.of(Boolean.toString(fallback)), help);
  }
}
