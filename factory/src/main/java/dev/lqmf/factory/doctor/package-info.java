/**
 * Telling whether a finished model is sound: its structure, its numbers, its configuration, its
 * tokenizer. Each check is a class; {@link dev.lqmf.factory.doctor.Doctor} lists them.
 */
@NullMarked
package dev.lqmf.factory.doctor;

import org.jspecify.annotations.NullMarked;
