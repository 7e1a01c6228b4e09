package dev.lqmf.app;

import dev.lqmf.app.output.JsonOutput;
import dev.lqmf.app.output.Style;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.factory.decide.Damerau;
import dev.lqmf.factory.llm.LlmException;
import dev.lqmf.hub.HubException;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CancellationException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Tells people what went wrong and what mends it: two lines, a stack trace only on demand. Programs
 * that asked for JSON get the same as an object.
 */
final class Errors implements IExecutionExceptionHandler, IParameterExceptionHandler {
  /** The shell's status for a program that was interrupted: 128 + SIGINT. */
  static final int INTERRUPTED = 130;

  private final Terminal terminal;

  private final boolean json;

  Errors(Terminal terminal) {
    this(terminal, false);
  }

  /**
   * @param json whether standard output is to hold an object
   */
  Errors(Terminal terminal, boolean json) {
    this.terminal = terminal;
    this.json = json;
  }

  @Override
  public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
    return report(e, LqmfCommand.wantsDebug(command));
  }

  /** A command line that does not parse. */
  @Override
  public int handleParseException(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    List<String> suggestions =
        e instanceof UnmatchedArgumentException unmatched ? suggestions(unmatched) : List.of();
    print(
        CommandLine.ExitCode.USAGE,
        problem(e, command),
        suggestions.isEmpty()
            ? "'" + name + " --help' shows what it takes"
            : "did you mean '"
                + String.join("' or '", suggestions)
                + "'? '"
                + name
                + " --help' shows what there is");
    if (LqmfCommand.wantsDebug(command)) {
      e.printStackTrace(terminal.err());
    }
    return CommandLine.ExitCode.USAGE;
  }

  /** What one may have mistyped; of those that picocli offers, many have hardly a letter alike. */
  private static List<String> suggestions(UnmatchedArgumentException e) {
    String typed = e.getUnmatched().getFirst();
    return e.getSuggestions().stream()
        .filter(s -> Damerau.distance(s, typed) <= Math.max(2, typed.length() / 2))
        .toList();
  }

  private static String problem(ParameterException e, CommandLine command) {
    if (e instanceof UnmatchedArgumentException unmatched) {
      String first = unmatched.getUnmatched().getFirst();
      boolean isCommand =
          command.getParent() == null && !first.startsWith("-") && !unmatched.isUnknownOption();
      String kind = isCommand ? "command" : first.startsWith("-") ? "option" : "argument";
      return (kind.equals("argument") ? "unexpected " : "unknown ") + kind + " '" + first + "'";
    }
    String message = String.valueOf(e.getMessage());
    return message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1);
  }

  /**
   * A command that failed.
   *
   * @return the exit status
   */
  int report(Throwable e, boolean debug) {
    int status =
        switch (e) {
          case UsageException _ -> CommandLine.ExitCode.USAGE;
          case CancellationException _ -> INTERRUPTED;
          default -> CommandLine.ExitCode.SOFTWARE;
        };
    print(status, e);
    if (debug) {
      e.printStackTrace(terminal.err());
    }
    return status;
  }

  /** What went wrong, in a few words. */
  static String problem(Throwable e) {
    return switch (e) {
      case NoSuchFileException missing -> "there is no file " + missing.getFile();
      case AccessDeniedException denied -> "not allowed to open " + denied.getFile();
      default -> String.valueOf(e.getMessage());
    };
  }

  private void print(int status, Throwable e) {
    switch (e) {
      case InputException input -> print(status, problem(e), input.mend());
      case LlmException llm -> print(status, problem(e), llm.mend());
      case HubException hub -> print(status, problem(e), hub.mend());
      case CancellationException _ ->
          print(
              status,
              "interrupted",
              "nothing half-written remains; the same command goes on with what is complete");
      case NoSuchFileException _ -> print(status, problem(e), "check the path");
      case AccessDeniedException _ ->
          print(status, problem(e), "check the permissions of the file");
      case IOException _ ->
          print(status, problem(e), "check the file, the disk and its free space");
      case UnsatisfiedLinkError _ ->
          print(
              status,
              "a native library cannot be loaded: " + problem(e),
              "README.md says for which systems there are libraries; on Windows they need the"
                  + " Microsoft Visual C++ Redistributable");
      case OutOfMemoryError _ ->
          print(
              status,
              "out of memory",
              "give the JVM more, as in JAVA_TOOL_OPTIONS=-Xmx4g lqmf ...");
      default ->
          print(
              status,
              "unexpected " + e,
              "this is a mistake in LQMF: please report the command, the output of"
                  + " 'lqmf --version', and the stack trace that --debug shows");
    }
  }

  private void print(int status, String problem, String mend) {
    Style style = terminal.errStyle();
    terminal.complain(style.bold(style.red("error:")) + " ", problem);
    terminal.complain("  → ", mend);
    if (json) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("error", problem);
      object.put("mend", mend);
      object.put("status", status);
      JsonOutput.print(terminal.out(), object);
    }
  }
}
