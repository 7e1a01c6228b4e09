package dev.lqmf.factory.plugin;

import dev.lqmf.testkit.ExamplePlugin;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class ExamplePluginTest extends LayerMethodContract {
  @TempDir static Path directory;
  private static LayerMethod method;

  @BeforeAll
  static void build() throws IOException {
    ExamplePlugin.build(directory.resolve("plugins"));
    method = Plugins.load(directory.resolve("plugins"), Set.of("gguf")).getFirst();
  }

  @Override
  LayerMethod method() {
    return method;
  }
}
