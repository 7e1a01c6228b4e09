/**
 * {@code pytorch_model.bin}: what {@code torch.save} makes of a dictionary of tensors, as a zip
 * archive (since PyTorch 1.6) or as a sequence of pickles (before).
 *
 * <p>A pickle is a program. This package runs none: it knows the calls that rebuild tensors and
 * refuses every other name.
 *
 * <p>Definition: {@code torch/serialization.py}, {@code torch/_utils.py}, and CPython's {@code
 * pickletools.py} for the opcodes.
 */
@NullMarked
package dev.lqmf.tensor.pytorch;

import org.jspecify.annotations.NullMarked;
