package dev.lqmf.factory.plugin;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds the methods that plugins bring. */
public final class Plugins {
  /** Where jars are looked for unless the user says otherwise. */
  public static final Path DEFAULT_DIRECTORY = Path.of("plugins");

  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]*");

  private Plugins() {}

  /**
   * The methods of all jars in a directory; none if there is no such directory.
   *
   * @param taken names that are not free
   * @throws InputException if a jar cannot be used
   * @throws IOException if the directory cannot be read
   */
  public static List<LayerMethod> load(Path directory, Set<String> taken) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    List<Path> jars;
    try (Stream<Path> entries = Files.list(directory)) {
      jars = entries.filter(f -> f.toString().endsWith(".jar")).sorted().toList();
    }
    Set<String> names = new HashSet<>(taken);
    List<LayerMethod> methods = new ArrayList<>();
    for (Path jar : jars) {
      for (LayerMethod method : methods(jar)) {
        if (!NAME.matcher(method.name()).matches() || !names.add(method.name())) {
          throw new InputException(
              "the method %s of %s has a name that is taken, or is none"
                  .formatted(InputException.quote(method.name()), jar),
              "remove the jar, or give the method a name of lower case letters of its own");
        }
        methods.add(method);
      }
    }
    return List.copyOf(methods);
  }

  /** The class loader stays open: the methods live as long as the program. */
  private static List<LayerMethod> methods(Path jar) {
    try {
      URLClassLoader loader =
          new URLClassLoader(new URL[] {jar.toUri().toURL()}, LayerMethod.class.getClassLoader());
      List<LayerMethod> found = new ArrayList<>();
      for (LayerMethod method : ServiceLoader.load(LayerMethod.class, loader)) {
        found.add(method);
      }
      if (found.isEmpty()) {
        throw new InputException(
            jar + " names no method in META-INF/services/" + LayerMethod.class.getName(),
            "remove the jar, or add the file to it");
      }
      return found;
    } catch (MalformedURLException | ServiceConfigurationError | LinkageError e) {
      throw new InputException(
          "the plugin %s does not load: %s".formatted(jar, e.getMessage()),
          "remove the jar, or build it against this version of LQMF",
          e);
    }
  }
}
