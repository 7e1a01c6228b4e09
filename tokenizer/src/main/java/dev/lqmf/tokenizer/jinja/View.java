package dev.lqmf.tokenizer.jinja;

import java.util.List;

/** The keys, values or items of a dict: {@code name} is {@code dict_keys} or the like. */
record View(String name, List<Object> items) {}
