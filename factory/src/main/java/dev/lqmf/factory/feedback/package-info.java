/**
 * Finding finished models and trying them: {@link dev.lqmf.factory.feedback.FeedbackAgent} has each
 * answer prompts in a process of its own, and measures times, memory and the texts.
 */
@NullMarked
package dev.lqmf.factory.feedback;

import org.jspecify.annotations.NullMarked;
