package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lqmf.app.output.Terminal;
import dev.lqmf.tensor.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

class ErrorsTest {
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);

  @Test
  void printsTheProblemAndItsMend() {
    int status = report(new InputException("model.gguf is cut short", "download it again"), false);

    assertThat(status).isEqualTo(1);
    assertThat(text()).isEqualTo("error: model.gguf is cut short\n  → download it again\n");
  }

  @Test
  void programsGetAnObject() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int status =
        new Errors(Terminal.plain(new PrintStream(out, true, StandardCharsets.UTF_8), stream), true)
            .report(new InputException("model.gguf is \"cut\"", "download it again"), false);

    assertThat(status).isEqualTo(1);
    assertThat(out.toString(StandardCharsets.UTF_8))
        .isEqualToIgnoringWhitespace(
            """
            {"error": "model.gguf is \\"cut\\"", "mend": "download it again", "status": 1}
            """);
    assertThat(text()).startsWith("error: model.gguf is \"cut\"\n");
  }

  @Test
  void aMistakeInTheCommandLineHasAStatusOfItsOwn() {
    UsageException usage =
        catchThrowableOfType(
            UsageException.class, () -> UsageException.check(() -> ByteSize.parse("2 apples")));

    assertThat(report(usage, false)).isEqualTo(2);
    assertThat(text()).startsWith("error: '2 apples' is not a size\n  → ");
  }

  @Test
  void namesTheFileThatIsMissing() {
    assertThat(report(new NoSuchFileException("imatrix.gguf"), false)).isEqualTo(1);
    assertThat(text()).startsWith("error: there is no file imatrix.gguf\n  → ");
  }

  @Test
  void saysWhatTheSystemSaid() {
    report(new IOException("cannot write out.gguf: No space left on device"), false);

    assertThat(text()).startsWith("error: cannot write out.gguf: No space left on device\n  → ");
  }

  @Test
  void anInterruptedJobHasTheStatusOfTheShell() {
    assertThat(report(new CancellationException(), false)).isEqualTo(130);
    assertThat(text()).startsWith("error: interrupted\n");
  }

  @Test
  void asksToReportWhatNobodyExpected() {
    assertThat(report(new IllegalStateException("lost"), false)).isEqualTo(1);
    assertThat(text())
        .startsWith("error: unexpected java.lang.IllegalStateException: lost\n  → ")
        .contains("please report", "--debug")
        .doesNotContain("\tat ");
  }

  @Test
  void debuggingAddsTheStackTrace() {
    report(new IllegalStateException("lost"), true);

    assertThat(text()).contains("\tat dev.lqmf.app.ErrorsTest.debuggingAddsTheStackTrace(");
  }

  @Test
  void aTerminalGetsColour() {
    Terminal terminal = new Terminal(stream, stream, true, true, true, true, 80);

    new Errors(terminal).report(new InputException("problem", "mend"), false);

    assertThat(text()).contains("\u001b[31merror:\u001b[0m");
  }

  @Test
  void aLibraryThatIsNotThereIsNoMistake() {
    report(new UnsatisfiedLinkError("tokenizers.dll: Can't find dependent libraries"), false);

    assertThat(text())
        .startsWith("error: a native library cannot be loaded: tokenizers.dll: ")
        .contains("README.md");
  }

  private int report(Throwable e, boolean debug) {
    return new Errors(Terminal.plain(stream, stream)).report(e, debug);
  }

  private String text() {
    return err.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
  }
}
