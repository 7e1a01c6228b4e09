package dev.lqmf.factory;

import dev.lqmf.model.ExpertNames;
import dev.lqmf.model.network.Experts;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.Network;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tells those who load a GPTQ checkpoint which modules are quantized, where they would guess
 * otherwise.
 *
 * @param quantized names in Transformers
 * @param left linear layers in blocks that stay as they are, by the same names
 */
record QuantizedModules(List<String> quantized, List<String> left) {
  /**
   * Where Optimum (2.3, {@code BLOCK_PATTERNS}), by which Transformers loads, looks for blocks of
   * itself: all linear layers below are quantized, and no others.
   */
  private static final Set<String> USUAL_BLOCKS =
      Set.of("transformer.h", "model.decoder.layers", "gpt_neox.layers", "model.layers");

  QuantizedModules {
    quantized = quantized.stream().map(ExpertNames::current).toList();
    left = left.stream().map(ExpertNames::current).toList();
  }

  /** Further keys of the configuration. */
  Map<String, Object> config(Network network) {
    Map<String, Object> config = new LinkedHashMap<>();
    Map<String, Object> dynamic = new LinkedHashMap<>();
    // For GPTQModel and vLLM, a pattern that begins with "-:" excludes the modules it matches.
    left.forEach(module -> dynamic.put("-:^" + pattern(module) + "$", Map.of()));
    routers(network).forEach(module -> dynamic.put("-:^" + anyBlock(module) + "$", Map.of()));
    if (!dynamic.isEmpty()) {
      config.put("dynamic", dynamic);
    }
    String blocks = commonPath();
    if (!left.isEmpty() || !USUAL_BLOCKS.contains(blocks)) {
      config.put("block_name_to_quantize", blocks);
      config.put("modules_in_block_to_quantize", List.of(ends()));
    }
    return config;
  }

  private static List<String> routers(Network network) {
    return network.blocks().stream()
        .flatMap(block -> block.sublayers().stream())
        .map(sublayer -> sublayer.operation())
        .filter(Experts.class::isInstance)
        .map(Experts.class::cast)
        .map(Experts::router)
        .map(Linear::module)
        .map(ExpertNames::current)
        .toList();
  }

  private static String pattern(String module) {
    return module.replace(".", "\\.");
  }

  private static String anyBlock(String module) {
    return pattern(module).replaceAll("\\.\\d+\\\\", ".\\\\d+\\\\");
  }

  /** What all paths to numbered blocks begin with; empty if they have nothing in common. */
  private String commonPath() {
    List<String> common = path(quantized.getFirst());
    for (String module : quantized) {
      List<String> path = path(module);
      int same = 0;
      while (same < Math.min(common.size(), path.size())
          && common.get(same).equals(path.get(same))) {
        same++;
      }
      common = common.subList(0, same);
    }
    return String.join(".", common);
  }

  /** What comes before the number of the block; nothing outside of blocks. */
  private static List<String> path(String module) {
    List<String> parts = Arrays.asList(module.split("\\."));
    return parts.subList(0, Math.max(0, number(parts)));
  }

  private static int number(List<String> parts) {
    for (int i = 0; i < parts.size(); i++) {
      if (Character.isDigit(parts.get(i).charAt(0))) {
        return i;
      }
    }
    return -1;
  }

  /** Ends of names that the quantized modules have, and no others; the shortest that will do. */
  private List<String> ends() {
    Set<String> ends = new LinkedHashSet<>();
    for (String module : quantized) {
      List<String> parts = Arrays.asList(module.split("\\."));
      String inBlock = String.join(".", parts.subList(number(parts) + 1, parts.size()));
      ends.add(left.stream().anyMatch(m -> m.endsWith(inBlock)) ? module : inBlock);
    }
    return new ArrayList<>(ends);
  }
}
