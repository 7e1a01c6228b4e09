package dev.lqmf.factory;

import java.util.SortedMap;

/**
 * The recipe of what a plugin's method makes.
 *
 * @param method its name
 * @param encoderRevision the revision that the method states
 * @param model name of the model
 * @param modelType {@code model_type} of its configuration
 * @param source fingerprint of configuration, other files and weights
 * @param options a value for every option
 */
record PluginRecipe(
    String method,
    int encoderRevision,
    String model,
    String modelType,
    String source,
    SortedMap<String, String> options)
    implements Recipe {}
