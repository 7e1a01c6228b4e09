/**
 * Files as the readers and writers of this module need them: positional, shared by threads, and
 * complete or absent.
 */
@NullMarked
package dev.lqmf.tensor.file;

import org.jspecify.annotations.NullMarked;
