package dev.lqmf.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;

/**
 * Gives classes of libraries, in the program's own folder, a newer class-file version. Those of
 * before Java 6 have no stack maps, so that the JVM verifies them in another way and keeps them out
 * of its caches for quick starts; picocli's are such.
 */
final class OldClasses {
  /** Of Java 8. */
  private static final int VERSION = ClassFile.JAVA_8_VERSION;

  private OldClasses() {}

  /** Rewrites the jars of which this is known, where they are: in the directory that is named. */
  public static void main(String[] directory) throws IOException {
    try (DirectoryStream<Path> jars =
        Files.newDirectoryStream(Path.of(directory[0]), "picocli-*.jar")) {
      for (Path jar : jars) {
        renew(jar);
      }
    }
  }

  /** A jar either changes as a whole or stays as it was. */
  static void renew(Path jar) throws IOException {
    Path renewed = Path.of(jar + ".renewed");
    try {
      try (JarFile old = new JarFile(jar.toFile());
          JarOutputStream out = new JarOutputStream(Files.newOutputStream(renewed))) {
        ClassFile classes =
            ClassFile.of(
                StackMapsOption.GENERATE_STACK_MAPS,
                ClassHierarchyResolverOption.of(
                    hierarchy(old).orElse(ClassHierarchyResolver.defaultResolver()).cached()));
        for (JarEntry entry : Collections.list(old.entries())) {
          byte[] bytes = read(old, entry);
          out.putNextEntry(new JarEntry(entry.getName()));
          out.write(entry.getName().endsWith(".class") ? renewed(classes, bytes) : bytes);
          out.closeEntry();
        }
      }
      Files.move(renewed, jar, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(renewed);
    }
  }

  private static byte[] renewed(ClassFile classes, byte[] bytes) {
    ClassModel model = classes.parse(bytes);
    if (model.majorVersion() >= VERSION) {
      return bytes;
    }
    // Stack maps are made for methods whose code is rebuilt.
    return classes.transformClass(
        model,
        ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL)
            .andThen(ClassTransform.endHandler(made -> made.withVersion(VERSION, 0))));
  }

  /** Of the jar's own classes, without loading them. */
  private static ClassHierarchyResolver hierarchy(JarFile jar) {
    return ClassHierarchyResolver.ofResourceParsing(
        type -> {
          String name = type.descriptorString();
          JarEntry entry = jar.getJarEntry(name.substring(1, name.length() - 1) + ".class");
          try {
            return entry == null ? null : jar.getInputStream(entry);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  private static byte[] read(JarFile jar, JarEntry entry) throws IOException {
    try (InputStream in = jar.getInputStream(entry)) {
      return in.readAllBytes();
    }
  }
}
