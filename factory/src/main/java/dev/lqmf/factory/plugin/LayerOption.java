package dev.lqmf.factory.plugin;

/**
 * An option of a method.
 *
 * @param name as in {@code group-size}
 * @param defaultValue what it is unless given
 * @param description for people: one line without a full stop
 */
public record LayerOption(String name, String defaultValue, String description) {}
