package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.prompt.CommandSet;
import dev.lqmf.app.prompt.Keyboard;
import dev.lqmf.app.prompt.LineInterpreter;
import dev.lqmf.app.prompt.LineRunner;
import dev.lqmf.app.prompt.Prompt;
import dev.lqmf.factory.decide.DecisionAgent;
import dev.lqmf.factory.decide.ModelNames;
import dev.lqmf.factory.decide.ModelSearch;
import dev.lqmf.factory.machine.Gpu;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jline.terminal.Size;
import org.jline.terminal.impl.ExternalTerminal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The prompt, driven through a terminal: keys in, what the screen shows out. */
@Timeout(120)
class PromptTest {
  private static final String CTRL_C = "\u0003";
  private static final String CTRL_D = "\u0004";
  private static final String CTRL_P = "\u0010";

  @TempDir Path directory;

  private Workplace workplace() {
    return new Workplace(
        Map.of(), directory, directory, InputStream.nullInputStream(), SecretPrompt.NOBODY);
  }

  private static DecisionAgent agent() {
    return new DecisionAgent(new ModelNames(ModelSearch.NONE, path -> Files.exists(Path.of(path))));
  }

  /** The commands, written down instead of run. */
  private final class Recorded implements CommandSet {
    private final CommandSet real = new Main.Commands(workplace());
    private final List<List<String>> runs = new CopyOnWriteArrayList<>();

    @Override
    public CommandLine commandLine(Terminal terminal) {
      return real.commandLine(terminal);
    }

    @Override
    public int run(Terminal terminal, String... arguments) {
      runs.add(List.of(arguments));
      terminal.out().println("<ran>");
      return 0;
    }
  }

  private List<Gpu> gpus = List.of();

  /** A prompt that somebody sits at. */
  private final class Sitting implements AutoCloseable {
    private final PipedOutputStream keys = new PipedOutputStream();
    private final ByteArrayOutputStream screen = new ByteArrayOutputStream();
    private final ExternalTerminal keyboard;
    private final Thread thread;

    Sitting(CommandSet commands, LineInterpreter interpreter, String type, boolean styled)
        throws IOException {
      keyboard =
          new ExternalTerminal(
              "test", type, new PipedInputStream(keys, 4096), screen, StandardCharsets.UTF_8);
      keyboard.setSize(new Size(80, 24));
      PrintStream out = new PrintStream(screen, true, StandardCharsets.UTF_8);
      Terminal terminal = new Terminal(out, out, true, true, styled, false, 80);
      Prompt prompt =
          new Prompt(
              keyboard,
              terminal,
              commands,
              new LineRunner(commands, interpreter, new QuantizeGuide(agent(), () -> gpus)),
              () -> List.of("my-model_gguf_Q4_K_M"),
              directory.resolve("state/history"),
              e -> new Errors(terminal).report(e, false),
              new Keyboard(keyboard));
      thread =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      prompt.run();
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    }
                  });
    }

    Sitting(CommandSet commands) throws IOException {
      this(commands, LineInterpreter.NONE, "xterm", false);
    }

    Sitting type(String text) throws IOException {
      keys.write(text.getBytes(StandardCharsets.UTF_8));
      keys.flush();
      return this;
    }

    /** Waits until the screen shows a text after what it showed before. */
    Sitting await(String text) throws InterruptedException {
      int from = seen;
      while (screen().indexOf(text, from) < 0) {
        assertThat(thread.isAlive() || screen().indexOf(text, from) >= 0)
            .as("%s in %s", text, screen())
            .isTrue();
        Thread.sleep(5);
      }
      seen = screen().indexOf(text, from) + text.length();
      return this;
    }

    private int seen;

    String screen() {
      return screen.toString(StandardCharsets.UTF_8);
    }

    /** Waits until the prompt has ended by itself. */
    String end() throws InterruptedException {
      thread.join();
      return screen();
    }

    @Override
    public void close() throws IOException {
      keyboard.close();
      thread.interrupt();
    }
  }

  @Test
  void runsCommandsAsTypedAndLeavesOnExit() throws Exception {
    try (Sitting sitting = new Sitting(new Main.Commands(workplace()))) {
      sitting.await("LQMF>").type("types\r").await("Types of files").await("LQMF>");
      sitting.type("lqmf --version\r").await("LQMF ").await("Java 2").await("LQMF>");

      sitting.type("exit\r").end();
    }
  }

  @Test
  void leavesOnCtrlD() throws Exception {
    try (Sitting sitting = new Sitting(new Main.Commands(workplace()))) {
      sitting.await("LQMF>").type(CTRL_D).end();
    }
  }

  @Test
  void aCommandThatFailsEndsNothing() throws Exception {
    try (Sitting sitting = new Sitting(new Main.Commands(workplace()))) {
      sitting.await("LQMF>").type("inspect no-such-model\r");
      sitting.await("error: there is no model no-such-model").await("LQMF>");
      sitting.type("types --typo\r").await("error: unknown option '--typo'").await("LQMF>");
      sitting.type("blah blah\r").await("error: unknown command 'blah'").await("LQMF>");
      sitting.type("prompt\r").await("error: this is the prompt already").await("LQMF>");

      sitting.type("quit\r").end();
    }
  }

  @Test
  void completesCommandsOptionsTypesAndModels() throws Exception {
    Recorded commands = new Recorded();
    try (Sitting sitting = new Sitting(commands)) {
      sitting.await("LQMF>").type("insp\tmy-\t--tens\t\r").await("<ran>").await("LQMF>");
      sitting
          .type("quantize x --outpu\t-te\tF16 --type Q8_0,Q5_K_\tM\r")
          .await("<ran>")
          .await("LQMF>");
      sitting.type("llm sw\tclaude\r").await("<ran>");
    }

    assertThat(commands.runs)
        .containsExactly(
            List.of("inspect", "my-model_gguf_Q4_K_M", "--tensors"),
            List.of("quantize", "x", "--output-tensor-type", "F16", "--type", "Q8_0,Q5_K_M"),
            List.of("llm", "switch", "claude"));
  }

  /** As terminals send what is pasted: in brackets, its ends of lines as they are. */
  @Test
  void runsEveryLineOfWhatIsPasted() throws Exception {
    Recorded commands = new Recorded();
    String pasted =
        """
        # all of it
        ./lqmf test list

        quantize x \
            --type Q8_0
        run m "two
        lines"
        types""";
    try (Sitting sitting = new Sitting(commands)) {
      sitting.await("LQMF>").type("\u001b[200~" + pasted + "\u001b[201~\r");
      sitting.await("<ran>").await("<ran>").await("<ran>").await("<ran>").await("LQMF>");
      sitting.type("exit\r").end();
    }

    assertThat(commands.runs)
        .containsExactly(
            List.of("test", "list"),
            List.of("quantize", "x", "--type", "Q8_0"),
            List.of("run", "m", "two\nlines"),
            List.of("types"));
  }

  @Test
  void ctrlCEmptiesTheLine() throws Exception {
    Recorded commands = new Recorded();
    try (Sitting sitting = new Sitting(commands)) {
      sitting.await("LQMF>").type("inspect").await("inspect");
      sitting.type(CTRL_C).await("LQMF>").type("types\r").await("<ran>");
    }

    assertThat(commands.runs).containsExactly(List.of("types"));
  }

  @Test
  void ctrlCCancelsAQuantizationAndNotTheProgram() throws Exception {
    Path results = directory.resolve("results");
    try (Sitting sitting = new Sitting(new Main.Commands(workplace()))) {
      sitting.await("LQMF>");
      sitting.type(
          "quantize '%s' -o '%s' --threads 1 --type %s\r"
              .formatted(
                  Program.EXAMPLE,
                  results,
                  "Q4_K_M,Q5_K_M,Q6_K,Q3_K_M,Q3_K_S,Q2_K,IQ4_XS,Q5_K_S,Q4_K_S,Q3_K_L,Q5_1,Q4_1"));
      sitting.await("quantizing: 10 %").type(CTRL_C);
      sitting.await("error: interrupted").await("LQMF>");
      assertThat(sitting.screen()).doesNotContain("note: ");
      sitting.type("experiments list --json\r").await("\"cancelled\"").await("LQMF>");
      sitting.type("types\r").await("Types of files").await("LQMF>");
      sitting.type("exit\r").end();
    }

    if (Files.exists(results)) {
      assertThat(results).isEmptyDirectory();
    }
  }

  @Test
  void quantizesToTheSameBytesAsTheCommand() throws Exception {
    Path inPrompt = directory.resolve("in the prompt");
    Path asCommand = directory.resolve("as a command");
    try (Sitting sitting = new Sitting(new Main.Commands(workplace()))) {
      sitting.await("LQMF>");
      sitting.type("quantize '%s' --type Q4_0 -o '%s'\r".formatted(Program.EXAMPLE, inPrompt));
      sitting.await("done in").await("LQMF>").type("exit\r").end();
    }
    Program command =
        Program.run(
            "quantize",
            Program.EXAMPLE.toString(),
            "--type",
            "Q4_0",
            "-o",
            asCommand.toString(),
            "--no-record");

    assertThat(command.status()).isZero();
    String name = "docs-llama-4m_gguf_Q4_0/docs-llama-4m-Q4_0.gguf";
    assertThat(Files.mismatch(inPrompt.resolve(name), asCommand.resolve(name))).isEqualTo(-1);
  }

  @Test
  void guidesThroughAQuantization() throws Exception {
    Recorded commands = new Recorded();
    try (Sitting sitting = new Sitting(commands)) {
      sitting.await("LQMF>").type("quantize gpt2\r");
      sitting.await("Where will it run?").await("1  CPU").await("recommended: no GPU");
      sitting.await("[1]: ").type("\r");
      sitting.await("With what?").await("recommended: a GGUF").await("[1]: ").type("\r");
      sitting.await("How precise?").await("recommended: ").await("[1]: ").type("\r");
      sitting.await("→ quantize openai-community/gpt2 --method gguf --type Q4_K_M").await("LQMF>");
      gpus = List.of(new Gpu(0, "NVIDIA L4", 24L << 30, 24L << 30, "550.54"));
      sitting.type("quantize gpt2\r").await("1  GPU").await("this machine has NVIDIA L4");
      sitting.await("[1]: ").type("\r").await("[1]: ").type("2\r");
      sitting.await("[1]: ").type("7\r");
      sitting.await("[1]: ").type("2\r").await("<ran>").await("LQMF>");
      sitting.type("quantize gpt2\r").await("[1]: ").type("gpu\r");
      sitting.await("[1]: ").type("vLLM\r").await("[1]: ").type("\r");
      sitting.await("<ran>").await("LQMF>");
      sitting.type("quantize gpt2\r").await("[1]: ").type(CTRL_C).await("LQMF>");
      sitting.type("exit\r").end();
    }

    assertThat(commands.runs)
        .containsExactly(
            List.of("quantize", "openai-community/gpt2", "--method", "gguf", "--type", "Q4_K_M"),
            List.of("quantize", "openai-community/gpt2", "--method", "bnb", "--bits", "8"),
            List.of("quantize", "openai-community/gpt2", "--method", "gptq", "--bits", "4"));
  }

  @Test
  void whatIsNoCommandIsInterpretedAndConfirmed() throws Exception {
    Recorded commands = new Recorded();
    LineInterpreter interpreter =
        line ->
            line.startsWith("quantize gpt2 for")
                ? Optional.of(
                    new LineInterpreter.Meaning(
                        List.of("It will fit."),
                        List.of("quantize", "gpt2", "--type", "Q6_K"),
                        true))
                : Optional.empty();
    try (Sitting sitting = new Sitting(commands, interpreter, "xterm", false)) {
      sitting.await("LQMF>").type("quantize gpt2 for 8GB GPU\r").await("It will fit.");
      sitting.await("→ quantize gpt2 --type Q6_K").await("[Y/n] ").type("n\r").await("LQMF>");
      sitting.type("quantize gpt2 for 8GB GPU\r").await("[Y/n] ").type("maybe\r");
      sitting.await("[Y/n] ").type("\r").await("<ran>").await("LQMF>");
      sitting.type("exit\r").end();
    }

    assertThat(commands.runs).containsExactly(List.of("quantize", "gpt2", "--type", "Q6_K"));
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "looks at POSIX permissions")
  void remembersLinesButNoSecrets() throws Exception {
    try (Sitting sitting = new Sitting(new Recorded())) {
      sitting.await("LQMF>").type("types\r").await("<ran>").await("LQMF>");
      sitting.type("hf login --token hf_abcdef\r").await("LQMF>");
      sitting.type("hf login --token abcdef\r").await("LQMF>");
      sitting.type("run m x --max-tokens 3\r").await("<ran>").await("LQMF>");
      sitting.type(" types --json\r").await("<ran>").await("LQMF>").type("exit\r").end();
    }
    Path history = directory.resolve("state/history");

    assertThat(Files.readAllLines(history))
        .containsExactly("types", "run m x --max-tokens 3", "exit");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(history)))
        .isEqualTo("rw-------");
    Recorded commands = new Recorded();
    try (Sitting sitting = new Sitting(commands)) {
      sitting.await("LQMF>").type(CTRL_P + CTRL_P + CTRL_P + "\r").await("<ran>");
    }
    assertThat(commands.runs).containsExactly(List.of("types"));
  }

  @Test
  void coloursOnlyWhereTheyAreWelcome() throws Exception {
    try (Sitting plain = new Sitting(new Recorded());
        Sitting dumb = new Sitting(new Recorded(), LineInterpreter.NONE, "dumb", false);
        Sitting styled = new Sitting(new Recorded(), LineInterpreter.NONE, "xterm", true)) {
      for (Sitting sitting : List.of(plain, dumb, styled)) {
        sitting.await("LQMF>").type("types --json\r").await("<ran>").await("LQMF>");
        sitting.type("exit\r").end();
      }

      assertThat(plain.screen()).doesNotContainPattern("\u001b\\[(?:[0-9]+;)*3[0-9]");
      assertThat(dumb.screen()).doesNotContain("\u001b");
      assertThat(styled.screen()).contains("\u001b[32;1mtypes");
    }
  }
}
