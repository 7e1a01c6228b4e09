package dev.lqmf.app;

import dev.lqmf.factory.GgufMethod;
import dev.lqmf.factory.ModelLocation;
import dev.lqmf.quant.Kernels;
import dev.lqmf.quant.KernelsProvider;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Lets the JVM compile the kernels for a large model while the command line is still being parsed:
 * that takes a third of a second, and compiling more than one.
 *
 * <p>A glance at the words is enough: what is guessed wrongly costs a little processor time, and
 * what is wrong with them, the command says.
 */
final class WarmStart {
  private WarmStart() {}

  /** Begins in the background if these arguments ask for a large GGUF file. */
  static void begin(String... args) {
    List<String> words = List.of(args);
    if (words.isEmpty()
        || !words.getFirst().equals("quantize")
        || words.stream().anyMatch(word -> word.matches("--(dry-run|help|plan.*)|-h"))
        || words.stream().anyMatch(word -> word.matches("(--method=)?(bnb|gptq)"))) {
      return;
    }
    Thread.ofPlatform().name("warm-start").daemon().start(() -> warmUp(words));
  }

  private static void warmUp(List<String> words) {
    boolean weighted = words.stream().anyMatch(word -> word.matches("--(imatrix|calibrate)(=.*)?"));
    try {
      List<GgufFileType> types = types(words);
      Kernels kernels = KernelsProvider.best().forWork(likelyWeights(words) * types.size());
      GgufMethod.warmUp(kernels, types, weighted);
    } catch (InputException e) {
      // An unknown type, of which the command will tell.
    }
  }

  static List<GgufFileType> types(List<String> words) {
    String types = GgufFileType.Q4_K_M.name();
    for (int i = 1; i < words.size(); i++) {
      String word = words.get(i);
      if (word.startsWith("--type=")) {
        types = word.substring("--type=".length());
      } else if (words.get(i - 1).matches("--type|-t")) {
        types = word;
      }
    }
    return Arrays.stream(types.split(",", -1)).map(GgufFileType::parse).toList();
  }

  /** Of the largest thing that a word names. */
  static long likelyWeights(List<String> words) {
    long largest = 0;
    for (String word : words) {
      try {
        Path path = Path.of(word);
        if (Files.exists(path)) {
          largest = Math.max(largest, new ModelLocation(path, word, true).likelyWeights());
        }
      } catch (InvalidPathException | IOException e) {
        // No path.
      }
    }
    return largest;
  }
}
