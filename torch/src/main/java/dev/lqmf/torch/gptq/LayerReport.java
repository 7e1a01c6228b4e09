package dev.lqmf.torch.gptq;

import dev.lqmf.model.network.Linear;
import java.time.Duration;

/**
 * What became of one layer.
 *
 * @param block index of its block, the encoder's first; of the output head, their number
 * @param blocks of the model
 * @param layer which
 * @param loss half the squared error of its outputs, summed over outputs and positions, on average
 *     over the calibration windows; 0 if it was taken from an earlier run
 * @param damp relative damping of the Hessian that was needed
 * @param rows inputs that were seen; 0 if none were, as with an expert that no token chose: its
 *     weights are rounded to nearest then
 * @param reused whether it was taken from an earlier run
 * @param time of solving, without that of the calibration passes
 */
public record LayerReport(
    int block,
    int blocks,
    Linear layer,
    double loss,
    double damp,
    long rows,
    boolean reused,
    Duration time) {}
