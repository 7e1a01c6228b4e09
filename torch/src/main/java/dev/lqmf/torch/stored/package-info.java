/** Models as they are stored, in whatever format, opened as something that can be run. */
@NullMarked
package dev.lqmf.torch.stored;

import org.jspecify.annotations.NullMarked;
