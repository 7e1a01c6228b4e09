package dev.lqmf.factory.plugin;

import dev.lqmf.tensor.TensorInfo;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/** A method whose options are decided. Safe for use by several threads at once. */
public interface LayerQuantizer {

  /** What the result is, as in {@code RTN 4 bit}. */
  String label();

  /** What the result directory's name ends with, after the model's: {@code rtn_4bit}. */
  String suffix();

  /**
   * Number that is raised whenever the same input and options begin to give other bytes; part of
   * the recipe.
   */
  int revision();

  /**
   * Small JSON files of the result by name, as maps, lists, strings, numbers and booleans; {@code
   * config.json} there means what is added to the model's own.
   */
  Map<String, Map<String, Object>> files();

  /** Whether a layer of that size can be quantized; if not it stays as it is. */
  boolean supports(int in, int out);

  /**
   * The tensors that a layer's weight becomes.
   *
   * @param module the layer's name, as in {@code model.layers.0.mlp.up_proj}
   */
  List<TensorInfo> tensors(String module, int in, int out);

  /**
   * Quantizes a layer.
   *
   * @param weights of input i and output o at {@code o * in + i}; finite
   * @param in number of inputs
   * @param out number of outputs
   * @param tensors what {@link #tensors} said, in its order, zeroed, little-endian
   */
  void quantize(float[] weights, int in, int out, List<MemorySegment> tensors);
}
