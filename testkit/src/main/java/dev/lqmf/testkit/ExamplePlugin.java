package dev.lqmf.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Builds the example plugin as its author would, and puts it where LQMF looks. */
public final class ExamplePlugin {
  private static final Path SOURCES = Path.of("../examples/plugins/round-to-nearest/src/main");

  private ExamplePlugin() {}

  /** Compiles and packs it into a directory; gives the jar. */
  public static Path build(Path directory) throws IOException {
    Path classes = Files.createDirectories(directory.resolveSibling("plugin-classes"));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
        Stream<Path> sources = Files.walk(SOURCES.resolve("java"))) {
      List<Path> java = sources.filter(f -> f.toString().endsWith(".java")).toList();
      boolean compiled =
          compiler
              .getTask(
                  messages,
                  files,
                  null,
                  List.of("-d", classes.toString(), "-cp", System.getProperty("java.class.path")),
                  null,
                  files.getJavaFileObjectsFromPaths(java))
              .call();
      assertThat(compiled).describedAs(messages.toString()).isTrue();
    }
    Files.createDirectories(directory);
    Path jar = directory.resolve("round-to-nearest.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      pack(out, classes);
      pack(out, SOURCES.resolve("resources"));
    }
    return jar;
  }

  private static void pack(JarOutputStream out, Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        out.putNextEntry(new JarEntry(root.relativize(file).toString().replace('\\', '/')));
        Files.copy(file, out);
        out.closeEntry();
      }
    }
  }
}
