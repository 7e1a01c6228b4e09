package dev.lqmf.app;

import dev.lqmf.app.output.Style;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.factory.llm.LlmException;
import dev.lqmf.hub.HubException;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Tells people what went wrong and what mends it: two lines, a stack trace only on demand. */
final class Errors implements IExecutionExceptionHandler, IParameterExceptionHandler {
  /** The shell's status for a program that was interrupted: 128 + SIGINT. */
  static final int INTERRUPTED = 130;

  private final Terminal terminal;

  Errors(Terminal terminal) {
    this.terminal = terminal;
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
        e instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
    print(
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
    switch (e) {
      case UsageException usage -> {
        print(String.valueOf(usage.getMessage()), usage.mend());
        return CommandLine.ExitCode.USAGE;
      }
      case InputException input -> print(String.valueOf(input.getMessage()), input.mend());
      case LlmException llm -> print(String.valueOf(llm.getMessage()), llm.mend());
      case HubException hub -> print(String.valueOf(hub.getMessage()), hub.mend());
      case CancellationException _ -> {
        print("interrupted", "nothing half-written remains; the same command starts over");
        return INTERRUPTED;
      }
      case NoSuchFileException missing ->
          print("there is no file " + missing.getFile(), "check the path");
      case AccessDeniedException denied ->
          print("not allowed to open " + denied.getFile(), "check the permissions of the file");
      case FileSystemException file ->
          print(String.valueOf(file.getMessage()), "check the file, the disk and its free space");
      case IOException io ->
          print(String.valueOf(io.getMessage()), "check the file, the disk and its free space");
      case OutOfMemoryError _ ->
          print("out of memory", "give the JVM more, as in JAVA_TOOL_OPTIONS=-Xmx4g lqmf ...");
      default ->
          print(
              "unexpected " + e,
              "this is a mistake in LQMF: please report the command, the output of"
                  + " 'lqmf --version', and the stack trace that --debug shows");
    }
    if (debug) {
      e.printStackTrace(terminal.err());
    }
    return CommandLine.ExitCode.SOFTWARE;
  }

  private void print(String problem, String mend) {
    Style style = terminal.errStyle();
    PrintStream err = terminal.err();
    err.println(style.bold(style.red("error:")) + " " + problem);
    err.println("  → " + mend);
    err.flush();
  }
}
