package dev.lqmf.app;

import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Units;
import dev.lqmf.torch.gptq.LayerReport;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;

/** What became of layers that were quantized with calibration, for people and programs. */
final class LayerTable {
  private LayerTable() {}

  /** One layer, as soon as it is done. */
  static String line(LayerReport r) {
    String place = r.block() < r.blocks() ? "block %d/%d".formatted(r.block() + 1, r.blocks()) : "";
    String outcome =
        r.reused()
            ? "done before"
            : r.rows() == 0
                ? "rounded to nearest, " + Units.duration(r.time())
                : "loss %s, %s".formatted(loss(r.loss()), Units.duration(r.time()));
    return "%s%s: %s".formatted(place.isEmpty() ? "" : place + "  ", r.layer().module(), outcome);
  }

  private static String loss(double loss) {
    return String.format(Locale.ROOT, "%.4g", loss);
  }

  /** Sums over the layers of each block. */
  static Table byBlock(List<LayerReport> layers) {
    SequencedMap<Integer, Sum> blocks = new LinkedHashMap<>();
    for (LayerReport r : layers) {
      blocks.merge(
          r.block(), new Sum(1, r.reused() ? 1 : 0, r.loss(), r.damp(), r.time()), Sum::plus);
    }
    Table table = new Table(">block", ">layers", ">loss", ">damping", ">solved in");
    blocks.forEach(
        (block, sum) ->
            table.row(
                block < layers.getFirst().blocks() ? Integer.toString(block + 1) : "head",
                Integer.toString(sum.layers()),
                sum.reused() == sum.layers() ? "" : loss(sum.loss()),
                String.format(Locale.ROOT, "%.3g", sum.damp()),
                sum.reused() == sum.layers() ? "done before" : Units.duration(sum.time())));
    return table;
  }

  /**
   * Several layers.
   *
   * @param reused how many of them an earlier run had solved
   * @param damp the largest
   */
  private record Sum(int layers, int reused, double loss, double damp, Duration time) {
    Sum plus(Sum other) {
      return new Sum(
          layers + other.layers,
          reused + other.reused,
          loss + other.loss,
          Math.max(damp, other.damp),
          time.plus(other.time));
    }
  }

  /** One layer, for programs. */
  static Map<String, Object> json(LayerReport r) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("module", r.layer().module());
    object.put("block", r.block());
    object.put("reused", r.reused());
    if (!r.reused()) {
      object.put("loss", r.loss());
      object.put("damp", r.damp());
      object.put("rows", r.rows());
      object.put("seconds", r.time().toNanos() / 1e9);
    }
    return object;
  }
}
