package dev.lqmf.factory;

import java.nio.file.Path;

/**
 * Where a model is.
 *
 * @param path a directory or a file
 * @param name what the model is called
 * @param onDisk whether the user named the path; otherwise the model comes from the hub
 */
public record ModelLocation(Path path, String name, boolean onDisk) {}
