package dev.lqmf.hub;

/**
 * A model that a search found.
 *
 * @param id {@code org/name}
 * @param downloads in the last thirty days
 * @param likes by users of the Hub
 */
public record FoundModel(String id, long downloads, long likes) {}
