package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PromptScriptTest {
  @TempDir Path directory;

  private Program run(String script, String... options) throws IOException {
    Path file = directory.resolve("script.txt");
    Files.writeString(file, script);
    String[] arguments = new String[options.length + 2];
    arguments[0] = "prompt";
    arguments[1] = file.toString();
    System.arraycopy(options, 0, arguments, 2, options.length);
    return Program.run(arguments);
  }

  @Test
  void runsOneLineAfterTheOther() throws IOException {
    Program run =
        run("# what there is\n\nlqmf types\ninspect '" + Program.EXAMPLE + "'\nexit\nnonsense\n");

    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("Types of files", "3.67 M weights");
  }

  @Test
  void stopsAtTheFirstFailure() throws IOException {
    Program run = run("nonsense\ntypes\n");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .startsWith("error: unknown command 'nonsense'")
        .endsWith("note: line 1 failed: nonsense\n");
  }

  @Test
  void goesOnIfAsked() throws IOException {
    Program run = run("inspect no-such\ntypes\nnonsense\n", "--keep-going");

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out()).contains("Types of files");
    assertThat(run.err()).contains("line 1 failed", "line 3 failed");
  }

  @Test
  void asksNothing() throws IOException {
    Program run = run("quantize no/such/place\n");

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).startsWith("error: this needs an answer: ").contains("--yes");
  }

  @Test
  void takesTheRecommendationsIfTold() throws IOException {
    Path model = directory.resolve("nothing here");
    Files.createDirectory(model);

    Program run = run("quantize '" + model + "'\n", "--yes");

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err())
        .startsWith("→ quantize '" + model + "' --method gguf --type Q4_K_M\nerror: ");
  }

  @Test
  void quantizeItselfTakesTheRecommendedTypeIfTold() {
    Program run =
        Program.run("quantize", Program.EXAMPLE.toString(), "--yes", "--dry-run", "--json");

    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("\"Q4_K_M\"");
  }

  @Test
  void keepsItsStateWhereTheSystemWantsIt() {
    Path home = directory.resolve("home");
    Path other = directory.resolve("other");

    assertThat(StateDirectory.of(Map.of(), "Linux", home))
        .isEqualTo(home.resolve(".local/state/lqmf"));
    assertThat(StateDirectory.of(Map.of("XDG_STATE_HOME", "relative"), "Linux", home))
        .isEqualTo(home.resolve(".local/state/lqmf"));
    assertThat(StateDirectory.of(Map.of("XDG_STATE_HOME", other.toString()), "Linux", home))
        .isEqualTo(other.resolve("lqmf"));
  }
}
