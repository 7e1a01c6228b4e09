/** The files of a Hugging Face model directory that describe the model. */
@NullMarked
package dev.lqmf.model.config;

import org.jspecify.annotations.NullMarked;
