package dev.lqmf.tokenizer;

/**
 * A turn of a conversation.
 *
 * @param role who speaks: {@code system}, {@code user}, {@code assistant}, or what the model knows
 */
public record ChatMessage(String role, String content) {}
