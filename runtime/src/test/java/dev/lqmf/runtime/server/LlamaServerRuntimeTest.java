package dev.lqmf.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.runtime.RuntimeContract;
import dev.lqmf.runtime.SessionOptions;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;

/** With a server that speaks llama-server's protocol, and runs the model by the runtime of LQMF. */
class LlamaServerRuntimeTest extends RuntimeContract {
  LlamaServerRuntimeTest() {
    super(new LlamaServerRuntime(script()));
  }

  private static Path script() {
    try {
      Path script =
          Files.createTempFile(
              "llama-server",
              "",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      script.toFile().deleteOnExit();
      return Files.writeString(
          script,
          "#!/bin/sh\nexec '%s/bin/java' --enable-native-access=ALL-UNNAMED -cp '%s' %s \"$@\"\n"
              .formatted(
                  System.getProperty("java.home"),
                  System.getProperty("java.class.path"),
                  LlamaServerDouble.class.getName()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void saysThatTheProgramIsMissing() {
    assertThatThrownBy(
            () ->
                new LlamaServerRuntime(Path.of("no-such-program"))
                    .open(resource("LlamaForCausalLM.gguf"), SessionOptions.DEFAULTS))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no-such-program");
  }

  @Test
  void saysWhatTheServerSaidBeforeItEnded() throws IOException {
    Path bad = Files.writeString(directory.resolve("bad.gguf"), "GGUF? no");

    assertThatThrownBy(() -> open(bad))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(bad.toString())
        .hasMessageContaining("GGUF version");
  }

  @Test
  void theServerEndsWithItsSession() throws IOException {
    LlamaServerSession session = (LlamaServerSession) open(resource("LlamaForCausalLM.gguf"));
    long pid = session.pid();
    assertThat(ProcessHandle.of(pid)).isPresent();

    session.close();

    assertThat(ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false)).isFalse();
  }

  @Test
  void aKilledServerIsAnError() throws IOException {
    try (LlamaServerSession session =
        (LlamaServerSession) open(resource("LlamaForCausalLM.gguf"))) {
      ProcessHandle server = ProcessHandle.of(session.pid()).orElseThrow();
      server.destroyForcibly();
      server.onExit().join();

      assertThatThrownBy(() -> generate(session, "The kernel", greedy(false)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("is gone");
    }
  }
}
