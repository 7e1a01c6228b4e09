package dev.lqmf.app.prompt;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Completes commands, options, their values, local models and files. */
final class CommandCompleter implements Completer {
  /** Positional parameters of these labels are models. */
  private static final Set<String> MODELS = Set.of("MODEL", "PATH");

  private final CommandLine commands;
  private final ModelNames models;

  CommandCompleter(CommandLine commands, ModelNames models) {
    this.commands = commands;
    this.models = models;
  }

  @Override
  public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
    List<String> before = line.words().subList(0, line.wordIndex());
    String word = line.word().substring(0, line.wordCursor());
    CommandLine command = commands;
    Optional<OptionSpec> waiting = Optional.empty();
    int positionals = 0;
    for (String earlier : before) {
      CommandSpec spec = command.getCommandSpec();
      if (waiting.isPresent()) {
        waiting = Optional.empty();
      } else if (earlier.startsWith("-")) {
        waiting = Optional.ofNullable(spec.findOption(earlier)).filter(o -> o.arity().max() > 0);
      } else if (positionals == 0 && spec.subcommands().containsKey(earlier)) {
        command = spec.subcommands().get(earlier);
      } else if (command != commands || !earlier.equals("lqmf")) {
        positionals++;
      }
    }
    CommandSpec spec = command.getCommandSpec();
    if (waiting.isPresent()) {
      value(waiting.get(), word, candidates);
    } else if (word.startsWith("-")) {
      spec.options().stream()
          .filter(o -> !o.hidden())
          .forEach(o -> candidates.add(candidate(o.longestName(), description(o))));
    } else {
      if (positionals == 0) {
        spec.subcommands()
            .forEach((name, sub) -> candidates.add(candidate(name, header(sub.getCommandSpec()))));
      }
      if (command == commands) {
        candidates.add(candidate("exit", "Leaves the prompt."));
      }
      int index = positionals;
      spec.positionalParameters().stream()
          .filter(p -> p.index().contains(index))
          .findFirst()
          .ifPresent(p -> positional(p, word, candidates));
    }
  }

  private void positional(PositionalParamSpec parameter, String word, List<Candidate> candidates) {
    if (MODELS.contains(parameter.paramLabel())) {
      List<String> names = models.names();
      names.forEach(name -> candidates.add(candidate(name, "")));
      files(word, candidates);
      // What is a model is not offered as a directory once more.
      candidates.removeIf(c -> c.value().endsWith("/") && names.contains(chop(c.value())));
    } else {
      value(parameter, word, candidates);
    }
  }

  private static void value(ArgSpec argument, String word, List<Candidate> candidates) {
    if (argument.completionCandidates() != null) {
      // Of a list, such as Q4_K_M,Q8_0, only the last element is still open.
      String done =
          argument.splitRegex().isEmpty() ? "" : word.substring(0, word.lastIndexOf(',') + 1);
      argument.completionCandidates().forEach(name -> candidates.add(candidate(done + name, "")));
    } else if (argument.auxiliaryTypes()[0] == Path.class
        || argument.paramLabel().contains("FILE")
        || argument.paramLabel().contains("DIR")) {
      files(word, candidates);
    }
  }

  private static void files(String word, List<Candidate> candidates) {
    String typed = word.substring(0, word.lastIndexOf('/') + 1);
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(Path.of(typed.isEmpty() ? "." : typed))) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (name.startsWith(".") && !word.substring(typed.length()).startsWith(".")) {
          continue;
        }
        boolean directory = Files.isDirectory(entry);
        candidates.add(
            new Candidate(
                typed + name + (directory ? "/" : ""),
                name + (directory ? "/" : ""),
                null,
                null,
                null,
                null,
                !directory));
      }
    } catch (IOException | InvalidPathException e) {
      // Nothing to offer there.
    }
  }

  private static String chop(String path) {
    return path.substring(0, path.length() - 1);
  }

  private static Candidate candidate(String value, String description) {
    return new Candidate(
        value, value, null, description.isEmpty() ? null : description, null, null, true);
  }

  private static String header(CommandSpec spec) {
    String[] header = spec.usageMessage().header();
    return header.length == 0 ? "" : header[0];
  }

  private static String description(OptionSpec option) {
    String[] description = option.description();
    if (description.length == 0) {
      return "";
    }
    String text = description[0];
    int end = text.indexOf(" (default");
    return (end < 0 ? text : text.substring(0, end)).replace("%n", " ").strip();
  }
}
