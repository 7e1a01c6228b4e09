/** Language models of others that advise: providers, keys, and one small interface to ask them. */
@NullMarked
package dev.lqmf.factory.llm;

import org.jspecify.annotations.NullMarked;
