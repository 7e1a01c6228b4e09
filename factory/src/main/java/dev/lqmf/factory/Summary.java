package dev.lqmf.factory;

import java.util.List;
import java.util.Map;

/**
 * What {@code summary.json} in a result directory says. It is written last, so its presence means
 * that the files it lists were complete.
 *
 * @param recipeHash hash of {@code recipe.json} beside it
 * @param model name of the model
 * @param fileType what it is, as in Q4_K_M or NF4
 * @param files all files but the recipe and this one
 * @param elements number of weights
 * @param tensorBytes bytes of the tensors alone
 * @param bitsPerWeight storage bits per weight
 * @param tensorTypes how much of each tensor type there is
 * @param kernels which kernels encoded it
 * @param threads how many threads did
 * @param seconds how long the whole job took, other outputs included
 */
record Summary(
    String recipeHash,
    String model,
    String fileType,
    List<OutputPlan.PlannedFile> files,
    long elements,
    long tensorBytes,
    double bitsPerWeight,
    Map<String, OutputReport.TypeTotal> tensorTypes,
    String kernels,
    int threads,
    double seconds) {}
