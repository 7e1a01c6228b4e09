package dev.lqmf.runtime.server;

import dev.lqmf.runtime.Runtime;
import dev.lqmf.runtime.Session;
import dev.lqmf.runtime.SessionOptions;
import dev.lqmf.tensor.InputException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * llama.cpp as it is installed on the machine: usually newer than the one inside LQMF, and able to
 * use the GPU. Each model has a server process of its own on a free port of the loopback interface.
 */
public final class LlamaServerRuntime implements Runtime {
  /** What people call it, and what the program is called. */
  public static final String NAME = "llama-server";

  /** Names the program if it is not on the {@code PATH}. */
  public static final String VARIABLE = "LLAMA_SERVER";

  private final Path program;

  /**
   * A runtime.
   *
   * @param program the executable
   */
  public LlamaServerRuntime(Path program) {
    this.program = program;
  }

  /** The runtime if the environment names the program, or has it on the {@code PATH}. */
  public static Optional<Runtime> find() {
    String named = System.getenv(VARIABLE);
    if (named != null && !named.isBlank()) {
      return Optional.of(new LlamaServerRuntime(Path.of(named)));
    }
    String path = System.getenv("PATH");
    if (path == null) {
      return Optional.empty();
    }
    for (String directory : Pattern.compile(Pattern.quote(File.pathSeparator)).split(path)) {
      for (String file : new String[] {NAME, NAME + ".exe"}) {
        Path candidate = Path.of(directory, file);
        if (Files.isExecutable(candidate) && Files.isRegularFile(candidate)) {
          return Optional.of(new LlamaServerRuntime(candidate));
        }
      }
    }
    return Optional.empty();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Session open(Path model, SessionOptions options) throws IOException {
    options.refuseDevice(NAME);
    if (!Files.isRegularFile(model)) {
      throw new InputException(
          model + " is no GGUF file, which is what llama-server runs", "name one, or use torch");
    }
    if (!Files.isExecutable(program)) {
      throw new InputException(
          "%s is not an executable file".formatted(program),
          "set %s to llama-server of llama.cpp".formatted(VARIABLE));
    }
    ServerProcess server = ServerProcess.start(program, model, options);
    try {
      return LlamaServerSession.open(server, model);
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
  }
}
