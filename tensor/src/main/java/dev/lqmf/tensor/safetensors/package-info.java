/**
 * safetensors, the file format of the Hugging Face Hub: a JSON table of tensors, then their data.
 *
 * <p>Definition: the README and {@code safetensors/src/tensor.rs} of {@code
 * huggingface/safetensors}.
 */
@NullMarked
package dev.lqmf.tensor.safetensors;

import org.jspecify.annotations.NullMarked;
