package dev.lqmf.app;

import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** {@code lqmf} itself: the options that every command has. */
@Command(
    name = "lqmf",
    header = "Turns Hugging Face models into quantized GGUF files, runs and measures them.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = LqmfCommand.Version.class,
    optionListHeading = "%nOptions:%n",
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  lqmf quantize examples/models/docs-llama-4m --type Q4_K_M",
      "  lqmf run docs-llama-4m_gguf_Q4_K_M \"The kernel module\"",
      "  lqmf eval docs-llama-4m_gguf_Q4_K_M --baseline examples/models/docs-llama-4m",
      "  lqmf types",
      "",
      "'lqmf help COMMAND' explains a command."
    })
final class LqmfCommand {

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show a stack trace when something fails (also: LQMF_DEBUG=1).")
  boolean debug;

  @Option(
      names = "--set",
      scope = ScopeType.INHERIT,
      paramLabel = "NAME=VALUE",
      description = "Give a setting a value; 'lqmf config' shows them all.")
  Map<String, String> settings = Map.of();

  /** Whether the user asked for stack traces. */
  static boolean wantsDebug(CommandLine anywhere) {
    Object root = anywhere.getCommandSpec().root().userObject();
    return (root instanceof LqmfCommand command && command.debug) || wantsDebug();
  }

  /** Whether the environment asks for stack traces. */
  static boolean wantsDebug() {
    String variable = System.getenv("LQMF_DEBUG");
    return variable != null && !variable.isEmpty() && !variable.equals("0");
  }

  /** The program's version. */
  static String version() {
    String version = LqmfCommand.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  /** What {@code lqmf --version} says. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {
        "LQMF "
            + version()
            + " (Java "
            + Runtime.version()
            + ", "
            + System.getProperty("os.name")
            + " "
            + System.getProperty("os.arch")
            + ")"
      };
    }
  }
}
