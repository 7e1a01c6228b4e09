package dev.lqmf.factory.machine;

/**
 * A graphics card.
 *
 * @param index as CUDA counts, from 0
 * @param name as its driver gives it
 * @param totalBytes of its memory
 * @param freeBytes of it that nobody uses
 * @param driver version
 */
public record Gpu(int index, String name, long totalBytes, long freeBytes, String driver) {}
