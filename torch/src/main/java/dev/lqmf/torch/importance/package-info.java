/** How large the inputs of linear layers are: what an importance matrix is made of. */
@NullMarked
package dev.lqmf.torch.importance;

import org.jspecify.annotations.NullMarked;
