package dev.lqmf.model.tokenizer;

/** What a token is for ({@code llama_token_type}); the numbers are SentencePiece's too. */
enum TokenType {
  NORMAL(1),
  UNKNOWN(2),
  CONTROL(3),
  USER_DEFINED(4),
  UNUSED(5),
  BYTE(6);

  private final int id;

  TokenType(int id) {
    this.id = id;
  }

  int id() {
    return id;
  }
}
