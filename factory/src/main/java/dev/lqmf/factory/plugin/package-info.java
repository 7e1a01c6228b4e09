/**
 * What a plugin implements to add a way of quantizing. A plugin is a jar in the directory {@code
 * plugins} that names its {@link dev.lqmf.factory.plugin.LayerMethod}s in {@code
 * META-INF/services/dev.lqmf.factory.plugin.LayerMethod}.
 */
@NullMarked
package dev.lqmf.factory.plugin;

import org.jspecify.annotations.NullMarked;
