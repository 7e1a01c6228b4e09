package dev.lqmf.app.inspect;

import dev.lqmf.app.inspect.Inspection.Tensor;
import dev.lqmf.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Tensors that differ only in numbers within their names, as those of equal layers do. */
final class TensorGroups {
  private static final Pattern NUMBER = Pattern.compile("(?<=^|\\.)\\d+(?=\\.|$)");

  private TensorGroups() {}

  /**
   * Tensors of one role.
   *
   * @param name with {@code *} for the numbers
   * @param tensors in file order, at least one
   */
  record Group(String name, List<Tensor> tensors) {

    /** The name, without {@code *} if it stands for one tensor only. */
    String title() {
      return tensors.size() == 1 ? tensors.getFirst().name() : name;
    }

    /** The shape, or {@code various}. */
    String shape() {
      Shape first = tensors.getFirst().shape();
      boolean same = tensors.stream().allMatch(t -> t.shape().equals(first));
      return same ? first.toString() : "various";
    }

    /** The type, or each with the number of tensors that have it: {@code Q4_K 24, Q6_K 8}. */
    String types() {
      Map<String, Integer> counts = new TreeMap<>(Inspection.TYPE_ORDER);
      tensors.forEach(t -> counts.merge(t.type(), 1, Integer::sum));
      if (counts.size() == 1) {
        return tensors.getFirst().type();
      }
      return counts.entrySet().stream()
          .map(e -> e.getKey() + " " + e.getValue())
          .collect(Collectors.joining(", "));
    }

    long bytes() {
      return tensors.stream().mapToLong(Tensor::bytes).sum();
    }
  }

  /** The groups, in the order of their first tensors. */
  static List<Group> of(List<Tensor> tensors) {
    Map<String, List<Tensor>> groups = new LinkedHashMap<>();
    for (Tensor tensor : tensors) {
      String name = NUMBER.matcher(tensor.name()).replaceAll("*");
      groups.computeIfAbsent(name, _ -> new ArrayList<>()).add(tensor);
    }
    return groups.entrySet().stream().map(e -> new Group(e.getKey(), e.getValue())).toList();
  }
}
