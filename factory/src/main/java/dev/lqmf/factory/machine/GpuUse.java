package dev.lqmf.factory.machine;

import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * How busy the graphics cards of this machine were for a while, whoever used them: drivers in
 * containers do not tell whose memory it is.
 *
 * @param peakBytes of memory in use: the sum of each card's largest
 * @param meanBytes the sum of each card's mean
 * @param busiest share of the time in which the busiest card computed, from 0 to 1
 */
public record GpuUse(OptionalLong peakBytes, OptionalLong meanBytes, OptionalDouble busiest) {}
