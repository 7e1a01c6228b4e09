package dev.lqmf.torch.gptq;

import dev.lqmf.model.network.Linear;
import dev.lqmf.torch.InputObserver;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Sums the Hessians of some layers of a block. Parts are multiplied on several threads and added in
 * their order, so that the sum does not depend on which thread was first.
 */
final class HessianCollector implements InputObserver {
  /** A product that waits for its turn. */
  private record Product(Tensor tensor, long rows) {}

  private final Set<Linear> wanted;

  /** By the first of the layers that share the input. */
  private final Map<Linear, HessianSum> sums;

  private final Runnable before;
  private final Map<Linear, Linear> first = new LinkedHashMap<>();
  private final Map<Integer, Map<Linear, Product>> collecting = new LinkedHashMap<>();
  private final TreeMap<Integer, Map<Linear, Product>> waiting = new TreeMap<>();
  private int next;

  /**
   * A collector.
   *
   * @param wanted layers whose inputs are summed
   * @param sums receives the sums; closed by the caller
   * @param before called before each product; what it throws ends the part
   */
  HessianCollector(Set<Linear> wanted, Map<Linear, HessianSum> sums, Runnable before) {
    this.wanted = Set.copyOf(wanted);
    this.sums = sums;
    this.before = before;
  }

  @Override
  public boolean input(int part, List<Linear> layers, Tensor input) {
    before.run();
    List<Linear> seen = layers.stream().filter(wanted::contains).toList();
    if (!seen.isEmpty()) {
      Product product = new Product(HessianSum.product(input), input.numel() / input.size(-1));
      synchronized (this) {
        seen.forEach(l -> first.putIfAbsent(l, layers.getFirst()));
        collecting
            .computeIfAbsent(part, _ -> new LinkedHashMap<>())
            .put(layers.getFirst(), product);
      }
    }
    synchronized (this) {
      Map<Linear, Product> mine = collecting.getOrDefault(part, Map.of());
      Set<Linear> missing = new HashSet<>(wanted);
      missing.removeIf(l -> first.containsKey(l) && mine.containsKey(first.get(l)));
      return !missing.isEmpty();
    }
  }

  @Override
  public synchronized void end(int part) {
    Map<Linear, Product> products = collecting.remove(part);
    waiting.put(part, products == null ? Map.of() : products);
    while (!waiting.isEmpty() && waiting.firstKey() == next) {
      waiting
          .pollFirstEntry()
          .getValue()
          .forEach(
              (layer, p) ->
                  sums.computeIfAbsent(layer, _ -> new HessianSum()).add(p.tensor(), p.rows()));
      next++;
    }
  }

  @Override
  public synchronized void close() {
    collecting.values().forEach(HessianCollector::free);
    waiting.values().forEach(HessianCollector::free);
    collecting.clear();
    waiting.clear();
  }

  private static void free(Map<Linear, Product> products) {
    products.values().forEach(p -> p.tensor().close());
  }

  /** The sum for a layer; null if no input was seen. */
  synchronized @Nullable HessianSum sumOf(Linear layer) {
    Linear key = first.get(layer);
    return key == null ? null : sums.get(key);
  }
}
