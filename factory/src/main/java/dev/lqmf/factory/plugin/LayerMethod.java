package dev.lqmf.factory.plugin;

import java.util.List;
import java.util.Map;

/**
 * A way to quantize the linear layers of a model, each by itself, into a checkpoint directory.
 * Needs a constructor without parameters.
 */
public interface LayerMethod {

  /** As {@code --method} takes it: lower case letters, digits and hyphens. */
  String name();

  /** What it makes, for people: one line without a full stop. */
  String advice();

  /** The options that {@code --option NAME=VALUE} may give. */
  List<LayerOption> options();

  /**
   * The method with its options.
   *
   * @param options a value for each of {@link #options()}, the default where none was given
   * @throws dev.lqmf.tensor.InputException if a value cannot be used; the message lists those that
   *     can
   */
  LayerQuantizer configure(Map<String, String> options);
}
