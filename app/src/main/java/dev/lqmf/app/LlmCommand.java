package dev.lqmf.app;

import dev.lqmf.app.output.JsonOutput;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.factory.config.SettingsTable;
import dev.lqmf.factory.config.Source;
import dev.lqmf.factory.llm.ApiKey;
import dev.lqmf.factory.llm.LanguageModels;
import dev.lqmf.factory.llm.LlmAccount;
import dev.lqmf.factory.llm.LlmConfigFile;
import dev.lqmf.factory.llm.LlmException;
import dev.lqmf.factory.llm.LlmSettings;
import dev.lqmf.factory.llm.ModelChoice;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lqmf llm}: whose language model is asked for advice. */
@Command(
    name = "llm",
    header = "Shows, chooses and tests the language model that gives advice.",
    description = {
      "%nLQMF works without one. With a key for Gemini, Claude or OpenAI, or the address of a"
          + " server that speaks OpenAI's API, such as Ollama, the prompt understands more, and"
          + " plans come with advice.%n"
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    optionListHeading = "%nOptions:%n",
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nVariables:%n",
    footer = {
      "  GEMINI_API_KEY, ANTHROPIC_API_KEY, OPENAI_API_KEY     keys",
      "  GEMINI_BASE_URL, ANTHROPIC_BASE_URL, OPENAI_BASE_URL  other addresses",
      "",
      "  OPENAI_BASE_URL=http://localhost:11434/v1 lqmf llm switch openai/qwen3:4b"
    })
final class LlmCommand implements Runnable {
  private static final String TEST_SCHEMA =
      """
      {"type":"object","properties":{"answer":{"type":"integer"}},"required":["answer"],\
      "additionalProperties":false}""";

  private final Terminal terminal;
  private final Workplace workplace;
  private final LlmConfigFile config;

  LlmCommand(Terminal terminal, Workplace workplace) {
    this.terminal = terminal;
    this.workplace = workplace;
    this.config = new LlmConfigFile(workplace.file("config.json"));
  }

  /** {@code lqmf llm} alone shows the status. */
  @Override
  public void run() {
    try {
      status(false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Command(
      name = "status",
      header = "Shows the providers, and which of them is asked.",
      mixinStandardHelpOptions = true)
  int status(@Option(names = "--json", description = "Print one JSON object.") boolean json)
      throws IOException {
    return status(settings(), json);
  }

  private int status(LlmSettings settings, boolean json) {
    Optional<LlmAccount> chosen = settings.chosen();
    if (json) {
      Map<String, Object> object = new LinkedHashMap<>();
      chosen.ifPresent(c -> object.put("provider", c.provider().name()));
      object.put(
          "providers",
          settings.accounts().stream().map(a -> json(a, isChosen(a, chosen))).toList());
      JsonOutput.print(terminal.out(), object);
      return CommandLine.ExitCode.OK;
    }
    Table table = new Table("provider", "model", "key", "address");
    for (LlmAccount account : settings.accounts()) {
      table.row(
          (isChosen(account, chosen) ? "* " : "  ") + account.provider().name(),
          account.model(),
          key(account),
          account.address().toString());
    }
    terminal.print(table);
    terminal.out().println();
    terminal.say(
        settings.isOff()
            ? "None is asked, by your choice; 'lqmf llm switch auto' changes that."
            : summary(chosen));
    return CommandLine.ExitCode.OK;
  }

  private static String summary(Optional<LlmAccount> chosen) {
    if (chosen.isEmpty()) {
      return "None can be asked; LQMF goes by its rules. 'lqmf llm --help' tells how to change"
          + " that.";
    }
    LlmAccount account = chosen.get();
    return account.usable()
        ? account.provider().name() + " is asked; 'lqmf llm test' tries it."
        : account.provider().name()
            + " is chosen, but there is no key: set "
            + account.provider().keyVariable()
            + " ("
            + account.provider().keyPage()
            + ").";
  }

  @Command(
      name = "switch",
      header = "Chooses a provider, or a provider and a model.",
      mixinStandardHelpOptions = true)
  int choose(
      @Parameters(
              paramLabel = "NAME",
              description = "gemini, claude or openai; claude/MODEL; none; or auto.")
          String name,
      @Option(names = "--json", description = "Print one JSON object.") boolean json)
      throws IOException {
    switch (name) {
      case "none" -> config.writeNone();
      case "auto" -> config.writeAuto();
      default -> config.write(UsageException.check(() -> ModelChoice.parse(name)));
    }
    return confirm(json);
  }

  @Command(
      name = "model",
      header = "Chooses another model of the provider that is asked.",
      mixinStandardHelpOptions = true)
  int model(
      @Parameters(paramLabel = "NAME", description = "As the provider calls it.") String name,
      @Option(names = "--json", description = "Print one JSON object.") boolean json)
      throws IOException {
    LlmAccount account = settings().chosen().orElseThrow(LlmCommand::noProvider);
    config.write(new ModelChoice(account.provider(), Optional.of(name)));
    return confirm(json);
  }

  @Command(
      name = "test",
      header = "Asks the provider a small question.",
      mixinStandardHelpOptions = true)
  int test(@Option(names = "--json", description = "Print one JSON object.") boolean json)
      throws IOException {
    LlmAccount account = settings().chosen().orElseThrow(LlmCommand::noProvider);
    long began = System.nanoTime();
    try {
      LanguageModels.open(account)
          .ask("You add numbers.", "What is 2 + 3? Put the sum into answer.", TEST_SCHEMA);
    } catch (LlmException e) {
      if (!json) {
        throw e;
      }
      Map<String, Object> object = json(account, true);
      object.put("ok", false);
      object.put("problem", String.valueOf(e.getMessage()));
      object.put("mend", e.mend());
      JsonOutput.print(terminal.out(), object);
      return CommandLine.ExitCode.SOFTWARE;
    }
    Duration time = Duration.ofNanos(System.nanoTime() - began);
    if (json) {
      Map<String, Object> object = json(account, true);
      object.put("ok", true);
      object.put("seconds", time.toNanos() / 1e9);
      JsonOutput.print(terminal.out(), object);
    } else {
      terminal
          .out()
          .println(
              "%s answers, by %s, in %s"
                  .formatted(account.provider().name(), account.model(), Units.duration(time)));
    }
    return CommandLine.ExitCode.OK;
  }

  /** Shows what was chosen, unless something else has the last word. */
  private int confirm(boolean json) throws IOException {
    Workplace now = workplace.again();
    Source source = now.configuration().value(SettingsTable.LLM_PROVIDER).source();
    if (source != Source.CONFIG_JSON) {
      terminal.note("LLM_PROVIDER (" + source.label() + ") goes before config.json");
    }
    return status(now.llm(), json);
  }

  private LlmSettings settings() throws IOException {
    return workplace.llm();
  }

  private static InputException noProvider() {
    return new InputException(
        "no provider can be asked",
        "set GEMINI_API_KEY, ANTHROPIC_API_KEY or OPENAI_API_KEY, or choose: lqmf llm switch NAME");
  }

  private static boolean isChosen(LlmAccount account, Optional<LlmAccount> chosen) {
    return chosen.map(c -> c.provider() == account.provider()).orElse(false);
  }

  private static String key(LlmAccount account) {
    return account.key().map(ApiKey::origin).orElse(account.usable() ? "not needed" : "none");
  }

  private static Map<String, Object> json(LlmAccount account, boolean chosen) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("provider", account.provider().name());
    object.put("model", account.model());
    object.put("address", account.address().toString());
    account.key().ifPresent(key -> object.put("key_from", key.origin()));
    object.put("usable", account.usable());
    object.put("chosen", chosen);
    return object;
  }
}
