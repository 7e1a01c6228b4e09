/** The Hugging Face Hub: token, cache layout shared with huggingface_hub, resumable download. */
@NullMarked
package dev.lqmf.hub;

import org.jspecify.annotations.NullMarked;
