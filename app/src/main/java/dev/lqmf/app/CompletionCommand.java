package dev.lqmf.app;

import dev.lqmf.app.output.Terminal;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lqmf completion}: teaches a shell the commands. */
@Command(
    name = "completion",
    header = "Prints a script that teaches bash or zsh the commands.",
    mixinStandardHelpOptions = true,
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  source <(lqmf completion bash)",
      "  lqmf completion zsh >~/.lqmf-completion; echo '. ~/.lqmf-completion' >>~/.zshrc"
    })
final class CompletionCommand implements Callable<Integer> {
  private final Terminal terminal;

  /** The shells that the script is for. */
  enum Shell {
    BASH,
    ZSH;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}.")
  Shell shell = Shell.BASH;

  @Spec CommandSpec spec = CommandSpec.create();

  CompletionCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** The same script for both: in zsh it turns bash's completion on. */
  @Override
  public Integer call() {
    terminal.out().print(AutoComplete.bash("lqmf", spec.root().commandLine()));
    return CommandLine.ExitCode.OK;
  }
}
