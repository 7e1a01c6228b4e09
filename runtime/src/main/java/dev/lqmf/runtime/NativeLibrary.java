package dev.lqmf.runtime;

import de.kherud.llama.LlamaModel;
import dev.lqmf.tensor.file.CacheDirectory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;

/**
 * Gets llama.cpp's library out of the jar and into this process.
 *
 * <p>The binding can do it too, but not safely: it unpacks to a fixed name in the shared temporary
 * directory, on every start, and before that deletes every file there whose name begins with {@code
 * llama}. So the library is unpacked once per version to the user's cache directory, and the
 * binding is pointed there.
 */
final class NativeLibrary {
  private static boolean loaded;

  private NativeLibrary() {}

  /**
   * Loads the library unless it is loaded already.
   *
   * @throws IOException if there is none for this platform, or it cannot be unpacked or loaded
   */
  static synchronized void load() throws IOException {
    if (loaded) {
      return;
    }
    String os = operatingSystem();
    String name = System.mapLibraryName("jllama");
    String resource = "/de/kherud/llama/" + os + "/" + architecture() + "/" + name;
    URL packed = LlamaModel.class.getResource(resource);
    if (packed == null) {
      throw new IOException(
          "llama.cpp's library is not packaged for "
              + System.getProperty("os.name")
              + " on "
              + System.getProperty("os.arch"));
    }
    Path directory = CacheDirectory.path().resolve("jllama-" + version(packed));
    unpack(packed, directory, name);
    System.setProperty("de.kherud.llama.lib.path", directory.toString());
    System.setProperty("de.kherud.llama.tmpdir", directory.resolve("tmp").toString());
    initializeQuietly();
    loaded = true;
  }

  private static String operatingSystem() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    if (os.contains("windows")) {
      return "Windows";
    }
    return os.contains("mac") ? "Mac" : "Linux";
  }

  private static String architecture() {
    String arch = System.getProperty("os.arch");
    return arch.equals("amd64") ? "x86_64" : arch;
  }

  /** The library's checksum from the jar's directory: reading it costs nothing. */
  private static String version(URL packed) throws IOException {
    URLConnection connection = packed.openConnection();
    long version =
        connection instanceof JarURLConnection jar
            ? jar.getJarEntry().getCrc()
            : connection.getLastModified();
    return Long.toHexString(version);
  }

  private static void unpack(URL packed, Path directory, String name) throws IOException {
    Path library = directory.resolve(name);
    if (Files.exists(library)) {
      return;
    }
    Files.createDirectories(directory.resolve("tmp"));
    Path partial = Files.createTempFile(directory, name, ".part");
    try (InputStream in = packed.openStream()) {
      Files.copy(in, partial, StandardCopyOption.REPLACE_EXISTING);
      Files.move(partial, library, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      if (!Files.exists(library)) { // else another process was first, and Windows keeps its file
        throw new IOException("cannot unpack llama.cpp's library to " + library + ": " + e, e);
      }
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  /** Runs the binding's static initializer, which prints to standard output on some platforms. */
  private static void initializeQuietly() throws IOException {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (PrintStream both = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
      System.setOut(both);
      System.setErr(both);
      Class.forName(LlamaModel.class.getName());
    } catch (ClassNotFoundException | LinkageError e) {
      throw new IOException(
          "llama.cpp's library does not load: " + printed.toString(StandardCharsets.UTF_8).strip(),
          e);
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }
}
