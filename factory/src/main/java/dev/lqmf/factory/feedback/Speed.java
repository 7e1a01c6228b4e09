package dev.lqmf.factory.feedback;

/**
 * How fast a model reads and writes, over several runs of the same length.
 *
 * @param runs how many, after one that does not count
 * @param firstText seconds from the question to the first text
 * @param prompt tokens per second at which the prompt is read
 * @param decode tokens per second at which the answer comes
 */
public record Speed(int runs, Spread firstText, Spread prompt, Spread decode) {}
