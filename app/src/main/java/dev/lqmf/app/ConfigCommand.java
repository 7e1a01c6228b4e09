package dev.lqmf.app;

import dev.lqmf.app.output.JsonOutput;
import dev.lqmf.app.output.Style;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.factory.config.Configuration;
import dev.lqmf.factory.config.Configuration.Value;
import dev.lqmf.factory.config.Setting;
import dev.lqmf.factory.config.SettingsTable;
import java.io.IOException;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lqmf config}: the settings, their values, and where these come from. */
@Command(
    name = "config",
    header = "Shows all settings, their values, and where these come from.",
    description = {
      "%n--set NAME=VALUE comes first, then the environment, .env and config.json in the current"
          + " directory, then the defaults. In config.json names are in lower case; secrets do not"
          + " belong there.%n"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n",
    footer = {"  lqmf config", "  lqmf config --set STORAGE_BACKEND=json --json"})
final class ConfigCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workplace workplace;

  @Option(names = "--json", description = "Print one JSON object and nothing else.")
  boolean json;

  @Option(
      names = "--env-example",
      description = "Print the text of .env.example: every setting, commented out.")
  boolean example;

  ConfigCommand(Terminal terminal, Workplace workplace) {
    this.terminal = terminal;
    this.workplace = workplace;
  }

  @Override
  public Integer call() throws IOException {
    if (example) {
      terminal.out().print(SettingsTable.envExample());
    } else if (json) {
      printJson(workplace.configuration());
    } else {
      print(workplace.configuration());
    }
    return CommandLine.ExitCode.OK;
  }

  private void print(Configuration configuration) {
    PrintStream out = terminal.out();
    Style style = terminal.outStyle();
    Table table = new Table("setting", "value", "source", "what it does");
    for (Value<?> value : configuration.values()) {
      boolean none = value.value().isEmpty();
      table.row(
          value.setting().name(),
          none ? "-" : value.shown(),
          none ? "not set" : value.source().label(),
          value.setting().help()
              + (SettingsTable.isUsed(value.setting()) ? "" : " (no effect yet)"));
    }
    terminal.print(table);
    if (!configuration.unknown().isEmpty()) {
      out.println();
      out.println(
          style.bold("note:")
              + " config.json has keys that are no settings: "
              + String.join(", ", configuration.unknown()));
    }
  }

  private void printJson(Configuration configuration) {
    Map<String, Object> object = new LinkedHashMap<>();
    for (Value<?> value : configuration.values()) {
      Setting<?> setting = value.setting();
      Map<String, Object> fields = new LinkedHashMap<>();
      if (value.value().isPresent()) {
        fields.put("value", setting.isSecret() ? value.shown() : plain(value.value()));
        fields.put("source", value.source().label());
      }
      fields.put("secret", setting.isSecret());
      fields.put("allowed", setting.allowed());
      setting.fallback().ifPresent(d -> fields.put("default", d));
      fields.put("help", setting.help());
      fields.put("used", SettingsTable.isUsed(setting));
      object.put(setting.name(), fields);
    }
    JsonOutput.print(terminal.out(), object);
  }

  private static Object plain(Optional<?> value) {
    Object present = value.orElseThrow();
    return present instanceof Number || present instanceof Boolean
        ? present
        : present instanceof Enum<?> e ? e.name().toLowerCase(Locale.ROOT) : present.toString();
  }
}
