package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class OldClassesTest {
  @TempDir private Path directory;

  /** The JVM verifies what it initializes. */
  @Test
  void renewedClassesAreVerifiedByTheirStackMaps() throws Exception {
    Path original =
        Path.of(CommandLine.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Path jar = Files.copy(original, directory.resolve("picocli.jar"));
    OldClasses.renew(jar);

    List<String> old = new ArrayList<>();
    List<String> names = new ArrayList<>();
    try (JarFile before = new JarFile(original.toFile());
        JarFile after = new JarFile(jar.toFile())) {
      assertThat(Collections.list(after.entries()))
          .extracting(JarEntry::getName)
          .containsExactlyElementsOf(
              Collections.list(before.entries()).stream().map(JarEntry::getName).toList());
      for (JarEntry entry : Collections.list(after.entries())) {
        byte[] bytes = after.getInputStream(entry).readAllBytes();
        byte[] stored = before.getInputStream(before.getJarEntry(entry.getName())).readAllBytes();
        if (!entry.getName().endsWith(".class")) {
          assertThat(bytes).as(entry.getName()).isEqualTo(stored);
          continue;
        }
        if (ClassFile.of().parse(stored).majorVersion() < ClassFile.JAVA_6_VERSION) {
          old.add(entry.getName());
        }
        assertThat(ClassFile.of().parse(bytes).majorVersion())
            .isGreaterThanOrEqualTo(ClassFile.JAVA_8_VERSION);
        if (entry.getName().startsWith("picocli/")) {
          names.add(entry.getName().replace(".class", "").replace('/', '.'));
        }
      }
    }
    assertThat(old).as("what the launcher renews").hasSizeGreaterThan(100);
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
      for (String name : names) {
        assertThat(Class.forName(name, true, loader).getClassLoader()).isSameAs(loader);
      }
    }
  }

  @Test
  void whatIsNoJarStaysAsItIs() throws IOException {
    Path file = Files.writeString(directory.resolve("picocli.jar"), "no archive");
    assertThatThrownBy(() -> OldClasses.renew(file)).isInstanceOf(IOException.class);
    assertThat(file).hasContent("no archive");
    try (var files = Files.list(directory)) {
      assertThat(files).hasSize(1);
    }
  }
}
