package dev.lqmf.quant.stream;

/** Told by the working threads about every finished slab; must be quick and thread-safe. */
@FunctionalInterface
public interface StreamProgress {

  /**
   * Another piece is done.
   *
   * @param tensor name of the tensor it belongs to
   * @param bytes stored bytes of the input that were worked off
   */
  void advanced(String tensor, long bytes);
}
