/** The text that shows a model's usual inputs, cut into sequences of tokens. */
@NullMarked
package dev.lqmf.factory.calibration;

import org.jspecify.annotations.NullMarked;
