package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class CompletionCommandTest {
  @TempDir Path directory;

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "runs bash")
  void bashCompletes() throws Exception {
    Program script = Program.run("completion", "bash");
    Path file = directory.resolve("completion");
    Path out = directory.resolve("out");
    Files.writeString(
        file,
        script.out()
            + """

            COMP_WORDS=(lqmf llm sw); COMP_CWORD=2; _complete_lqmf; echo "${COMPREPLY[*]}"
            COMP_WORDS=(lqmf quantize --type Q5_K_); COMP_CWORD=3; _complete_lqmf
            echo "${COMPREPLY[*]}"
            """);

    int status =
        new ProcessBuilder("bash", file.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD) // compopt wants an interactive shell
            .redirectOutput(out.toFile())
            .start()
            .waitFor();

    assertThat(script.status()).isZero();
    assertThat(status).isZero();
    assertThat(out).hasContent("switch\nQ5_K_M Q5_K_S");
  }

  @Test
  void namesTheShellsItKnows() {
    assertThat(Program.run("completion", "zsh").out()).contains("bashcompinit");
    Program other = Program.run("completion", "fish");

    assertThat(other.status()).isEqualTo(2);
    assertThat(other.err()).containsIgnoringCase("bash").containsIgnoringCase("zsh");
  }
}
